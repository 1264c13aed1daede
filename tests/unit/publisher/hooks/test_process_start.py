"""The start of a process, asked of the system and of `ps`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_status_publisher.hooks import process_start as module
from agent_status_publisher.hooks.process_start import process_start
from chaos.wait import wait_until

NOBODY = 2**22 + 1
"""A number above the largest process id of Linux."""
SLEEPER = [sys.executable, "-c", "input()"]


needs_ps = pytest.mark.skipif(not Path(module.PS).exists(), reason="there is no ps here")


@pytest.fixture(params=["the system", pytest.param("ps", marks=needs_ps)])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of asking, since macOS and the BSDs have only the second one."""
    name: str = request.param
    if name == "ps":
        monkeypatch.setattr(sys, "platform", "darwin")
    return name


def test_a_process_keeps_its_start(way: str) -> None:
    start = process_start(os.getpid())
    assert start
    assert start.isprintable()
    assert start.isascii()
    assert process_start(os.getpid()) == start, way


def test_two_processes_differ_even_with_spaces_and_parentheses_in_a_name(tmp_path: Path) -> None:
    program = tmp_path / "a ) S 1 (b"
    program.symlink_to(sys.executable)
    with subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE) as child:
        start = process_start(child.pid)
        assert start
        assert start != process_start(os.getpid())
        assert start.rpartition("/")[2].isdigit()
        child.communicate(b"\n", timeout=30)


@pytest.mark.parametrize("pid", [NOBODY, 0, -1])
def test_a_process_that_is_not_there_has_no_start(way: str, pid: int) -> None:
    assert process_start(pid) is None, way


def test_a_process_that_ended_has_no_start_though_nobody_asked_for_its_status(way: str) -> None:
    child = subprocess.Popen(SLEEPER, stdin=subprocess.PIPE)
    try:
        assert process_start(child.pid), way
        child.kill()
        wait_until(lambda: process_start(child.pid) is None, "the dead process has no start")
    finally:
        child.communicate(timeout=30)
    assert process_start(child.pid) is None


@needs_ps
def test_the_time_zone_and_language_of_the_asking_process_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    start = process_start(os.getpid())
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert process_start(os.getpid()) == start


@pytest.mark.parametrize("script", ["exit 0", "echo nonsense; exit 0", "exec sleep 60", "echo S Mon; exit 1"])
def test_a_ps_that_does_not_answer_is_not_waited_for(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "ps"
    stub.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    stub.chmod(0o700)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(module, "PS", str(stub))
    monkeypatch.setattr(module, "PS_SECONDS", 0.1)
    assert process_start(os.getpid()) is None


def test_a_missing_ps_and_an_unknown_system_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(module, "PS", "/nowhere/ps")
    assert process_start(os.getpid()) is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert process_start(os.getpid()) is None
