"""The command that an agent's shell runs for a hook."""

import json
import subprocess
from pathlib import Path

import pytest

from agent_status_publisher.hooks.names import DEFAULT_URL
from agent_status_publisher.hooks.settings.clis import CODEX
from agent_status_publisher.hooks.settings.command_line import NoCommandError, command_line
from agent_status_publisher.hooks.settings.entries import is_ours

URL = "http://build:9000/a b'c?d=$HOME&e"
SHOW = """#!/bin/sh
printf '%s\\n' "$@"
"""


def arguments_of(command: str) -> list[str]:
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, text=True).stdout.splitlines()


@pytest.fixture(params=["bin", 'my $HOME\'s (x86) "bin"'])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder for programs, with a plain name and with one that shells would take apart."""
    path: Path = tmp_path / request.param
    path.mkdir()
    return path


def test_a_shell_runs_the_program_with_its_arguments(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "agent-status-hook"
    program.write_text(SHOW)
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", "/nowhere/python3")
    monkeypatch.setenv("PATH", str(folder))
    command = command_line("codex", URL)
    assert arguments_of(command) == ["codex", "--url", URL]
    assert is_ours({"command": command}, CODEX)
    assert arguments_of(command_line("codex", DEFAULT_URL)) == ["codex"]


def test_the_program_beside_this_python_comes_before_one_of_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "agent-status-hook"
    program.write_text(SHOW)
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(folder / "python3"))
    assert arguments_of(command_line("codex", DEFAULT_URL)) == ["codex"]


def test_a_program_in_a_relative_folder_of_path_runs_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "agent-status-hook"
    program.parent.mkdir()
    program.write_text(SHOW)
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", "/nowhere/python3")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin")
    command = command_line("codex", DEFAULT_URL)
    monkeypatch.chdir("/")
    assert arguments_of(command) == ["codex"]


def test_without_a_program_on_path_this_python_runs_the_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = folder / "python3"
    python.write_text(SHOW)
    python.chmod(0o700)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.executable", str(python))
    command = command_line("codex", URL)
    assert arguments_of(command) == ["-P", "-m", "agent_status_publisher.hooks.send", "codex", "--url", URL]
    assert is_ours({"command": command}, CODEX)


def test_a_module_of_the_agents_folder_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("print('theirs')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    command = command_line("codex", "http://127.0.0.1:1")
    done = subprocess.run(["/bin/sh", "-c", command], input=json.dumps({}).encode(), capture_output=True, check=True)
    assert done.stdout == b""


def test_on_windows_the_command_is_the_same_for_each_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: r"C:\Program Files\agent-status-hook.exe")
    assert command_line("codex", DEFAULT_URL, windows=True) == "agent-status-hook codex"
    command = command_line("codex", "https://[::1]:9000/a", windows=True)
    assert command == "agent-status-hook codex --url https://[::1]:9000/a"
    assert is_ours({"command": command}, CODEX)


def test_on_windows_what_cannot_run_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(NoCommandError, match="uv tool install"):
        command_line("codex", DEFAULT_URL, windows=True)
    monkeypatch.setattr("shutil.which", lambda *_, **__: "agent-status-hook.EXE")
    with pytest.raises(NoCommandError, match="letters, digits"):
        command_line("codex", URL, windows=True)
