"""The version of an installed agent, asked of stand-ins for it."""

import time
from pathlib import Path

import pytest

from agent_status_publisher.hooks.settings.cli_version import ask_version, parse_version, show_version


def stand_in(folder: Path, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "claude"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder of PATH beside those of the system."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path / "bin"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.1.240 (Claude Code)\n", (2, 1, 240)),
        ("codex-cli 0.152.1-alpha.2", (0, 152, 1)),
        ("v10.0.3", (10, 0, 3)),
        ("Claude Code", None),
        ("1.2", None),
        ("", None),
        ("9" * 5000 + ".1.1", None),
    ],
)
def test_a_version_is_found_in_what_an_agent_answers(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == version


def test_a_version_is_shown_as_it_is_read() -> None:
    assert parse_version(show_version((2, 1, 101))) == (2, 1, 101)


def test_the_agent_itself_is_asked(folder: Path) -> None:
    stand_in(folder, 'test "$*" = --version && echo "2.1.240 (Claude Code)"')
    assert ask_version("claude") == (2, 1, 240)


@pytest.mark.parametrize("place", [".local/bin", ".claude/local"])
def test_an_agent_that_is_not_on_path_is_found_where_it_installs_itself(tmp_path: Path, place: str) -> None:
    stand_in(tmp_path / "home" / place, "echo 2.1.3")
    assert ask_version("claude") == (2, 1, 3)


@pytest.mark.parametrize("script", ["exit 1", "echo 2.1.240; exit 1", "echo none", "printf '\\377'"])
def test_an_agent_that_fails_or_answers_something_else_has_no_version(folder: Path, script: str) -> None:
    stand_in(folder, script)
    assert ask_version("claude") is None


def test_no_agent_has_no_version(folder: Path) -> None:
    assert ask_version("claude") is None
    folder.mkdir()
    (folder / "claude").write_bytes(b"\x7fELF nonsense")
    (folder / "claude").chmod(0o700)
    assert ask_version("claude") is None


def test_an_agent_that_does_not_answer_is_not_waited_for(folder: Path) -> None:
    stand_in(folder, "exec sleep 60")
    began = time.monotonic()
    assert ask_version("claude", 0.2) is None
    assert time.monotonic() - began < 20
