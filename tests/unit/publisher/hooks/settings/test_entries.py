"""Our hooks in a command-line agent's settings, and out again."""

import json
from typing import Any

import pytest

from agent_status_publisher.hooks.settings.clis import CLIS, CODEX, Cli, Json
from agent_status_publisher.hooks.settings.entries import SettingsFileError, installed, uninstalled

COMMAND = "agent-status-hook {}"
THEIRS: Json = {
    "model": "opus",
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "lint.sh"}]}],
        "BeforeTool": [{"matcher": "*", "hooks": [{"type": "command", "command": "lint.sh"}]}],
        "Stop": [],
        "AfterAgent": [],
        "Theirs": [],
        "UserPromptSubmit": [{"matcher": "", "hooks": []}],
    },
    "theme": "dark",
}


@pytest.fixture(params=list(CLIS.values()), ids=list(CLIS))
def cli(request: pytest.FixtureRequest) -> Cli:
    one: Cli = request.param
    return one


def install(settings: Json, cli: Cli, url: str = "") -> Json:
    return installed(settings, cli, list(cli.events), COMMAND.format(cli.name) + (f" --url {url}" if url else ""))


BEFORE: list[Json] = [
    {},
    {"model": "opus"},
    THEIRS,
    {"hooks": {}},
    {"hooks": {}, "theme": "dark"},
    {"hooks": {"Stop": [], "AfterAgent": []}},
    {"hooks": {"Theirs": "", "enabled": True}},
]


# entries: Rule 2
@pytest.mark.parametrize("before", BEFORE)
def test_uninstalling_restores_what_was_there_empty_lists_included(cli: Cli, before: Json) -> None:
    text = json.dumps(before)
    settings = install(before, cli)
    assert uninstalled(settings, cli) == before
    assert uninstalled(install(settings, cli, "http://build:9000"), cli) == before
    assert json.dumps(before) == text


@pytest.mark.parametrize("before", BEFORE)
def test_what_was_there_stays_beside_ours(cli: Cli, before: Json) -> None:
    settings = install(before, cli)
    for event in cli.events:
        *theirs, ours = settings["hooks"][event]
        assert theirs == before.get("hooks", {}).get(event, [])
        assert ours["hooks"][0]["command"] == COMMAND.format(cli.name)
        assert ours.get("matcher", "") in ("", "*")
    assert {name: value for name, value in settings.items() if name != "hooks"} == {
        name: value for name, value in before.items() if name != "hooks"
    }


def test_installing_twice_is_installing_once_and_a_new_url_replaces_the_old_one(cli: Cli) -> None:
    once = install(THEIRS, cli)
    assert install(once, cli) == once
    assert json.dumps(install(once, cli, "http://build:9000")).count("agent-status-hook") == len(cli.events)


def test_an_event_that_is_not_asked_for_any_more_goes(cli: Cli) -> None:
    first, *others = cli.events
    settings = installed(install({}, cli), cli, others, COMMAND.format(cli.name))
    assert first not in settings["hooks"]
    assert set(settings["hooks"]) == set(others)


@pytest.mark.parametrize("wrong", [{"hooks": []}, {"hooks": None}, {"hooks": {"PreToolUse": {}, "BeforeTool": {}}}])
def test_settings_of_another_shape_are_refused(cli: Cli, wrong: Json) -> None:
    with pytest.raises(SettingsFileError, match="hooks"):
        install(wrong, cli)


@pytest.mark.parametrize("groups", [None, "text", [None], ["text"], [{}], [{"hooks": None}], [{"hooks": [None, 7]}]])
def test_entries_of_another_shape_are_left_as_they_are(cli: Cli, groups: Any) -> None:
    before = {"hooks": {"Theirs": groups}}
    assert uninstalled(before, cli) == before
    assert uninstalled(install(before, cli), cli) == before


# entries: Rule 1
@pytest.mark.parametrize(
    "entry",
    [
        {"type": "command", "command": "/opt/venv/bin/agent-status hook codex --url http://build:9000", "timeout": 5},
        {"type": "command", "command": "'/my venv/bin/python' -m gateway hook codex", "timeout": 5},
        {"type": "command", "command": "agent-status hook codex", "timeout": 5},
        {"type": "command", "command": "'/my venv/bin/agent-status-hook' codex", "timeout": 5},
        {"type": "command", "command": '"C:\\my venv\\agent-status-hook.exe" codex', "timeout": 5},
        {"type": "command", "command": "/usr/bin/python3 -m agent_status_publisher.hooks.send codex", "timeout": 5},
        {
            "type": "http",
            "url": "http://127.0.0.1:8001/hooks/codex",
            "headers": {"X-Status-Key": "$POCKETPAW_STATUS_INGEST_KEY"},
            "allowedEnvVars": ["POCKETPAW_STATUS_INGEST_KEY"],
        },
    ],
)
def test_what_any_version_wrote_is_known_and_replaced(entry: Json) -> None:
    before = {"hooks": {"Stop": [{"hooks": [entry]}]}}
    assert uninstalled(before, CODEX) == {}
    assert install(before, CODEX) == install({}, CODEX)


def test_a_hook_of_theirs_in_one_group_with_ours_stays() -> None:
    theirs = {"type": "command", "command": "lint.sh"}
    ours = {"type": "command", "command": COMMAND.format("codex")}
    before = {"hooks": {"Stop": [{"matcher": "*", "hooks": [ours, theirs]}]}}
    assert uninstalled(before, CODEX) == {"hooks": {"Stop": [{"matcher": "*", "hooks": [theirs]}]}}


@pytest.mark.parametrize("command", ["agent-status hook codexx", "my-hook codex", "agent-status-hook gemini"])
def test_what_calls_something_else_is_not_ours(command: str) -> None:
    before = {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": command}]}]}}
    assert uninstalled(before, CODEX) == before
