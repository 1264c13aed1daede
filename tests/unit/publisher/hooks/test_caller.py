"""The agent's process among a hook's ancestors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_status_publisher.hooks import caller
from agent_status_publisher.hooks.caller import Process, caller_headers, find_cli, is_cli
from agent_status_publisher.hooks.process_start import PS, process_start
from agent_status_publisher.hooks.settings.clis import CLIS

NPM = "/usr/local/lib/node_modules"
AGENTS = [
    ("claude-code", "claude", ("claude",)),
    ("claude-code", "node", ("claude", "--resume")),
    ("claude-code", "2.1.240", ("/home/ann/.local/bin/claude",)),
    ("claude-code", "node", ("node", f"{NPM}/@anthropic-ai/claude-code/cli.js", "-p")),
    ("claude-code", "", (r"C:\Users\ann\.local\bin\claude.exe",)),
    ("codex", "codex", (f"{NPM}/@openai/codex/vendor/x86_64/codex/codex", "exec")),
    ("codex", "codex-x86_64-un", ("./codex-x86_64-unknown-linux-musl",)),
    ("codex", "node", ("node", f"{NPM}/@openai/codex/bin/codex.js")),
    ("gemini", "node", ("/usr/bin/node", "--max-old-space-size=4096", "/usr/bin/gemini")),
    ("gemini", "MainThread", ("node", f"{NPM}/@google/gemini-cli/dist/index.js")),
]
OTHERS = [
    ("claude-code", "sh", ("/bin/sh", "-c", "agent-status-hook claude-code")),
    ("claude-code", "agent-status-ho", ("/usr/bin/python3", "/usr/bin/agent-status-hook", "claude-code")),
    ("claude-code", "node", ("node", "/home/claude/server.js")),
    ("claude-code", "vim", ("vim", "claude")),
    ("codex", "claude", ("claude",)),
    ("codex", "bash", ("bash", "codex")),
    ("gemini", "node", ("node",)),
    ("gemini", "", ()),
    ("emacs", "emacs", ("emacs",)),
]


@pytest.mark.parametrize(("cli", "name", "arguments"), AGENTS)
def test_an_agent_is_known_by_its_program_or_its_script(cli: str, name: str, arguments: tuple[str, ...]) -> None:
    assert is_cli(cli, Process(1, name, arguments))


@pytest.mark.parametrize(("cli", "name", "arguments"), OTHERS)
def test_a_shell_the_hook_itself_and_another_agent_are_not_the_agent(
    cli: str, name: str, arguments: tuple[str, ...]
) -> None:
    assert not is_cli(cli, Process(1, name, arguments))


def test_each_agent_has_its_names() -> None:
    assert set(CLIS) == set(caller.CLI_NAMES) == set(caller.CLI_PACKAGES)


def test_of_two_agents_around_each_other_the_inner_one_runs_the_hook() -> None:
    processes = {
        9: Process(8, "python", ("agent-status-hook",)),
        8: Process(7, "sh", ("sh", "-c", "agent-status-hook codex")),
        7: Process(6, "codex", ("codex", "exec")),
        6: Process(5, "bash", ("bash",)),
        5: Process(1, "codex", ("codex",)),
        1: Process(0, "init", ("init",)),
    }
    assert find_cli("codex", 9, processes.get) == 7
    assert find_cli("gemini", 9, processes.get) is None


def test_a_circle_of_parents_and_a_process_that_went_away_end_the_search() -> None:
    circle = {2: Process(3, "a", ("a",)), 3: Process(2, "b", ("b",))}
    assert find_cli("codex", 2, circle.get) is None
    assert find_cli("codex", 2, {2: Process(3, "a", ("a",))}.get) is None
    assert find_cli("codex", 4, circle.get) is None


@pytest.mark.parametrize(
    "way", ["/proc", pytest.param("ps", marks=pytest.mark.skipif(not Path(PS).exists(), reason="no ps here"))]
)
def test_the_agent_is_found_behind_a_shell(tmp_path: Path, way: str) -> None:
    agent = tmp_path / "claude"
    agent.symlink_to("/bin/sh")
    look = (
        "import os, sys; from agent_status_publisher.hooks import caller; "
        f"look = caller._proc() if {way!r} == '/proc' else caller._ps(); "
        "print(caller.find_cli('claude-code', os.getpid(), look))"
    )
    command = 'sh -c \'"$PYTHON" -c "$LOOK"; true\'; true'
    child = subprocess.Popen(
        [agent, "-c", command],
        env={"PYTHON": sys.executable, "LOOK": look, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
    )
    output, _ = child.communicate(timeout=30)
    assert int(output) == child.pid


def test_headers_name_the_host_the_process_and_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "find_cli", lambda *_: os.getpid())
    monkeypatch.setattr("socket.gethostname", lambda: "Björns Mac\r\nX: y")
    assert caller_headers("codex") == {
        "Agent-Status-Host": "Bj\\xf6rns Mac\\r\\nX: y",
        "Agent-Status-Pid": str(os.getpid()),
        "Agent-Status-Process-Start": process_start(os.getpid()),
    }


@pytest.fixture
def other_ps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `ps` in place of the system's, which answers with the lines of the file beside it."""
    stub = tmp_path / "ps"
    stub.write_text(f"#!/bin/sh\nexec /bin/cat {tmp_path}/lines\n")
    stub.chmod(0o700)
    monkeypatch.setattr(caller, "PS", str(stub))
    return tmp_path / "lines"


def test_an_agent_in_a_folder_with_a_space_is_found_by_its_accounting_name(other_ps: Path) -> None:
    place = "/Users/ann/Library/Application Support/Claude/claude-code/2.1.240/claude.app/Contents/MacOS/claude"
    other_ps.write_text(
        f"  1   0 launchd          /sbin/launchd\n  7   1 claude           {place} --resume\n"
        "  8   7 zsh              /bin/zsh -c agent-status-hook claude-code\n"
        "  9   8 python3.13       python3 agent-status-hook claude-code\n 10   9 kernel_task\n"
    )
    assert find_cli("claude-code", 9, caller._ps()) == 7
    assert find_cli("claude-code", 10, caller._ps()) == 7


@pytest.mark.parametrize("lines", ["usage: ps [-a]\n", "one two three\n", "1\n", ""])
def test_an_answer_of_another_kind_loses_no_event(lines: str, other_ps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_ps.write_text(lines)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert caller_headers("codex") == {}


def test_an_agent_that_is_not_found_or_has_just_ended_has_no_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caller, "find_cli", lambda *_: None)
    assert caller_headers("codex") == {}
    monkeypatch.setattr(caller, "find_cli", lambda *_: 2**22 + 1)
    assert caller_headers("codex") == {}
