"""Our hooks in a command-line agent's settings, and out again."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_status_publisher.hooks.install import CLIS, SettingsFileError, installed, main, uninstalled

URL = "http://127.0.0.1:8001"
THEIRS: dict[str, Any] = {
    "model": "opus",
    "hooks": {
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "lint.sh"}]}],
        "BeforeTool": [{"matcher": "*", "hooks": [{"type": "command", "command": "lint.sh"}]}],
        "Stop": [],
    },
    "theme": "dark",
}


@pytest.fixture(params=sorted(CLIS))
def cli(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("before", [{}, {"model": "opus"}, THEIRS, {"hooks": {}}])
def test_what_was_there_stays_and_uninstalling_leaves_just_that(cli: str, before: dict[str, Any]) -> None:
    settings = installed(before, CLIS[cli], URL)
    assert set(CLIS[cli].events) <= set(settings["hooks"])
    for event, groups in before.get("hooks", {}).items():
        assert settings["hooks"][event][: len(groups)] == groups
    left = uninstalled(settings, CLIS[cli])
    emptied = {event for event, groups in before.get("hooks", {}).items() if not groups} & set(CLIS[cli].events)
    kept = {event: groups for event, groups in before.get("hooks", {}).items() if event not in emptied}
    assert left.get("hooks", {}) == kept
    assert {name: value for name, value in left.items() if name != "hooks"} == {
        name: value for name, value in before.items() if name != "hooks"
    }


def test_installing_twice_is_installing_once_and_a_new_url_replaces_the_old_one(cli: str) -> None:
    once = installed(THEIRS, CLIS[cli], URL)
    assert installed(once, CLIS[cli], URL) == once
    elsewhere = json.dumps(installed(once, CLIS[cli], "http://build:9000"))
    assert URL not in elsewhere
    assert elsewhere.count("http://build:9000") == len(CLIS[cli].events)


def test_no_key_is_written_only_the_name_of_the_variable_that_holds_it(
    cli: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_STATUS_INGEST_KEY", "s3cret")
    assert "s3cret" not in json.dumps(installed({}, CLIS[cli], URL))


@pytest.mark.parametrize("wrong", [{"hooks": []}, {"hooks": {"PreToolUse": {}, "BeforeTool": {}}}])
def test_settings_of_another_shape_are_refused(cli: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsFileError, match="hooks"):
        installed(wrong, CLIS[cli], URL)


def test_the_change_is_shown_and_written_only_with_a_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(THEIRS))
    file.chmod(0o640)
    assert main(["install", "claude-code", "--file", str(file)]) == 1
    assert json.loads(file.read_text()) == THEIRS
    shown = capsys.readouterr()
    assert '+            "url": "http://127.0.0.1:8001/hooks/claude-code",' in shown.out
    assert "--yes" in shown.err
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert json.loads(file.read_text())["theme"] == "dark"
    assert file.stat().st_mode & 0o777 == 0o640
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert "needs no change" in capsys.readouterr().out
    assert main(["uninstall", "claude-code", "--file", str(file), "--yes"]) == 0
    assert "hooks/claude-code" not in file.read_text()


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    link = tmp_path / "settings.json"
    link.symlink_to(real)
    assert main(["install", "gemini", "--file", str(link), "--yes"]) == 0
    assert link.is_symlink()
    assert "BeforeTool" in real.read_text()


def test_a_file_that_is_not_plain_json_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"theme": "dark", // a comment\n}')
    assert main(["install", "gemini", "--file", str(file), "--yes"]) == 2
    assert "is not plain JSON" in capsys.readouterr().err
    assert "a comment" in file.read_text()


def test_without_anything_to_uninstall_nothing_changes(
    tmp_path: Path, cli: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["uninstall", cli, "--file", str(tmp_path / "none.json"), "--yes"]) == 0
    assert "needs no change" in capsys.readouterr().out


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "command", "command": "/opt/venv/bin/agent-status hook codex --url http://build:9000", "timeout": 5},
        {"type": "command", "command": "'/my venv/bin/python' -m gateway hook codex", "timeout": 5},
        {"type": "command", "command": "agent-status hook codex", "timeout": 5},
        {"type": "command", "command": "'/my venv/bin/agent-status-hook' codex", "timeout": 5},
        {"type": "command", "command": "/usr/bin/python3 -m agent_status_publisher.hooks.send codex", "timeout": 5},
        {
            "type": "http",
            "url": f"{URL}/hooks/codex",
            "headers": {"X-Status-Key": "$POCKETPAW_STATUS_INGEST_KEY"},
            "allowedEnvVars": ["POCKETPAW_STATUS_INGEST_KEY"],
        },
    ],
)
def test_what_any_version_wrote_is_known_and_replaced(entry: dict[str, Any]) -> None:
    before = {"hooks": {"Stop": [{"hooks": [entry]}]}}
    assert uninstalled(before, CLIS["codex"]) == {}
    assert installed(before, CLIS["codex"], URL) == installed({}, CLIS["codex"], URL)


@pytest.mark.parametrize("command", ["agent-status hook codexx", "my-hook codex", "agent-status-hook gemini"])
def test_what_calls_something_else_is_not_ours(command: str) -> None:
    before = {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": command}]}]}}
    assert uninstalled(before, CLIS["codex"]) == before
