"""The command-line agents and the events that each version of them knows."""

from pathlib import Path

import pytest

from agent_status_publisher.hooks.settings.clis import CLAUDE_CODE, CLIS, CODEX, GEMINI, Cli


@pytest.mark.parametrize(
    ("version", "unknown"),
    [
        ((1, 0, 37), set(CLAUDE_CODE.events)),
        ((1, 0, 85), {"PostToolUseFailure", "SubagentStart", "PermissionRequest", "PermissionDenied", "Elicitation"}),
        ((2, 0, 44), {"PostToolUseFailure", "PermissionRequest", "PermissionDenied", "Elicitation"}),
        ((2, 1, 77), {"PermissionDenied", "StopFailure"}),
        ((2, 1, 88), {"PermissionDenied"}),
        ((2, 1, 100), {"PostToolBatch"}),
    ],
)
def test_claude_code_gets_no_event_that_its_version_does_not_know(
    version: tuple[int, int, int], unknown: set[str]
) -> None:
    assert unknown.isdisjoint(CLAUDE_CODE.known(version))


def test_a_new_claude_code_gets_all_events() -> None:
    assert CLAUDE_CODE.known(CLAUDE_CODE.complete) == list(CLAUDE_CODE.events)


def test_the_events_of_the_assumed_version_show_a_whole_turn() -> None:
    whole = {"UserPromptSubmit", "PreToolUse", "PostToolUse", "Notification", "Stop", "SessionEnd"}
    assert whole <= set(CLAUDE_CODE.known(CLAUDE_CODE.assumed))


@pytest.mark.parametrize(
    ("cli", "second"), [(CLAUDE_CODE, 1), (CODEX, 1), (GEMINI, 1000)], ids=["claude-code", "codex", "gemini"]
)
def test_the_agent_ends_a_hook_only_some_time_after_it_would_end_itself(cli: Cli, second: int) -> None:
    assert CLIS[cli.name] is cli
    assert all(3 <= cli.entry(event, "x")["timeout"] / second <= 5 for event in cli.events)


@pytest.mark.parametrize("event", ["Interrupt", "SessionEnd"])
def test_codex_is_not_given_a_longer_time_than_it_allows(event: str) -> None:
    assert CODEX.entry(event, "x")["timeout"] == 3
    assert CODEX.entry("Stop", "x")["timeout"] == 5


def test_settings_are_looked_for_where_the_agent_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    for variable in ("CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(variable, raising=False)
    assert CLAUDE_CODE.file() == Path("/home/ann/.claude/settings.json")
    assert CODEX.file() == Path("/home/ann/.codex/hooks.json")
    assert GEMINI.file() == Path("/home/ann/.gemini/settings.json")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", "/etc/claude")
    monkeypatch.setenv("CODEX_HOME", "/etc/codex")
    assert CLAUDE_CODE.file() == Path("/etc/claude/settings.json")
    assert CODEX.file() == Path("/etc/codex/hooks.json")
