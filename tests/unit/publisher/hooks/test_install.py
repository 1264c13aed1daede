"""`agent-status-hook install` and `uninstall`, as people call them."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_status_publisher.hooks import install
from agent_status_publisher.hooks.install import main
from agent_status_publisher.hooks.settings import command_line
from agent_status_publisher.hooks.settings.clis import CLAUDE_CODE, CLIS, Version

THEIRS: dict[str, Any] = {"theme": "dark", "hooks": {"Stop": [], "PreToolUse": [{"hooks": []}]}}


@pytest.fixture(params=sorted(CLIS))
def cli(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file with something of its user."""
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(THEIRS))
    return path


@pytest.fixture(autouse=True)
def version(monkeypatch: pytest.MonkeyPatch) -> list[Version | None]:
    """The version that each agent answers, the last one of the list."""
    answers: list[Version | None] = [CLAUDE_CODE.complete]
    monkeypatch.setattr(install, "ask_version", lambda _: answers[-1])
    return answers


def events_in(file: Path) -> set[str]:
    return {event for event, groups in json.loads(file.read_text())["hooks"].items() if " claude-code" in str(groups)}


def test_no_key_is_written(cli: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_STATUS_INGEST_KEY", "s3cret")
    assert main(["install", cli, "--file", str(file), "--yes"]) == 0
    assert "s3cret" not in file.read_text()


def test_the_change_is_shown_and_written_only_with_a_yes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "claude-code", "--file", str(file), "--url", "http://build:9000/"]) == 1
    assert json.loads(file.read_text()) == THEIRS
    shown = capsys.readouterr()
    assert 'claude-code --url http://build:9000",' in shown.out
    assert "--yes" in shown.err
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert json.loads(file.read_text())["theme"] == "dark"
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert "needs no change" in capsys.readouterr().out


def test_uninstalling_restores_the_file(cli: str, file: Path) -> None:
    file.write_text(json.dumps(THEIRS | {"big": 1}, indent=4).replace(": 1", ": 1e400") + "\n")
    before = file.read_text()
    assert main(["install", cli, "--file", str(file), "--yes"]) == 0
    assert file.read_text() != before
    assert main(["uninstall", cli, "--file", str(file), "--yes"]) == 0
    assert file.read_text() == before


def test_nothing_to_uninstall_is_no_change(tmp_path: Path, cli: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["uninstall", cli, "--file", str(tmp_path / "none.json"), "--yes"]) == 0
    assert "needs no change" in capsys.readouterr().out
    assert not (tmp_path / "none.json").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"theme": "dark", // a comment\n}', "is not plain JSON"),
        ('{"name": "Jörg"}'.encode("latin-1"), "save it as UTF-8"),
        (b"[" * 100_000, "nests too deeply"),
        (b'{"a": 1, "a": 2}', '"a" twice'),
        (b'{"hooks": []}', '"hooks" in it is not an object'),
    ],
)
@pytest.mark.parametrize("what", ["install", "uninstall"])
def test_a_file_that_cannot_be_kept_is_named_and_left_alone(
    file: Path, content: bytes, reason: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert main([what, "gemini", "--file", str(file), "--yes"]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert f"{file}: " in said
    assert "Nothing was changed." in said
    assert file.read_bytes() == content


def test_links_in_a_circle_are_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = tmp_path / "settings.json"
    link.symlink_to(link)
    assert main(["install", "gemini", "--file", str(link), "--yes"]) == 2
    assert "Too many levels of symbolic links. Nothing was changed." in capsys.readouterr().err


def test_a_user_without_a_home_folder_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "gemini", "--file", "~nobody-of-this-name/settings.json", "--yes"]) == 2
    assert "home" in capsys.readouterr().err


def test_a_file_that_changes_while_its_user_is_asked_is_left_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def agree(_: Path) -> bool:
        file.write_text('{"theme": "light"}')
        return True

    monkeypatch.setattr(install, "_agreed", agree)
    assert main(["install", "gemini", "--file", str(file)]) == 2
    assert "try again" in capsys.readouterr().err
    assert json.loads(file.read_text()) == {"theme": "light"}


def test_claude_code_gets_the_events_that_its_version_knows(
    file: Path, version: list[Version | None], capsys: pytest.CaptureFixture[str]
) -> None:
    version.append((2, 1, 60))
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert events_in(file) == set(CLAUDE_CODE.known((2, 1, 60))) < set(CLAUDE_CODE.events)
    said = capsys.readouterr().err
    assert "2.1.60 does not know Elicitation, ElicitationResult, Perm" in said
    version.append(CLAUDE_CODE.complete)
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert events_in(file) == set(CLAUDE_CODE.events)
    assert capsys.readouterr().err == ""


def test_an_older_claude_code_loses_the_events_that_made_its_settings_invalid(
    file: Path, version: list[Version | None]
) -> None:
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    version.append((2, 0, 44))
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert "StopFailure" not in file.read_text()


def test_without_an_answer_only_old_events_are_installed_unless_the_version_is_named(
    file: Path, version: list[Version | None], capsys: pytest.CaptureFixture[str]
) -> None:
    version.append(None)
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 0
    assert events_in(file) == set(CLAUDE_CODE.known(CLAUDE_CODE.assumed))
    assert "--cli-version" in capsys.readouterr().err
    newest = ["--cli-version", "99.0.0"]
    assert main(["install", "claude-code", "--file", str(file), "--yes", *newest]) == 0
    assert events_in(file) == set(CLAUDE_CODE.events)
    with pytest.raises(SystemExit):
        main(["install", "claude-code", "--cli-version", "new"])
    assert "'new' is not a version" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://h", "http://h:99999", "http://h:0", "http://a b", "http://h/?x", "http://me:hush@h", ""]
)
def test_an_address_that_no_event_could_reach_is_not_written(
    url: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["install", "claude-code", "--file", str(file), "--yes", "--url", url])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "argument --url: must be an address such as http://127.0.0.1:8001, without a user or a query" in said
    assert "hush" not in said
    assert json.loads(file.read_text()) == THEIRS


def test_a_claude_code_without_hooks_is_named_and_left_alone(
    file: Path, version: list[Version | None], capsys: pytest.CaptureFixture[str]
) -> None:
    version.append((1, 0, 37))
    assert main(["install", "claude-code", "--file", str(file), "--yes"]) == 2
    assert "Claude Code 1.0.38 or newer is needed, and this is 1.0.37" in capsys.readouterr().err
    assert json.loads(file.read_text()) == THEIRS
    assert main(["uninstall", "claude-code", "--file", str(file), "--yes"]) == 0


def test_codex_and_gemini_are_not_asked_for_their_version(
    file: Path, version: list[Version | None], capsys: pytest.CaptureFixture[str]
) -> None:
    version.append(None)
    for name in ("codex", "gemini"):
        assert main(["install", name, "--file", str(file), "--yes"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "/hooks" in shown.out
    assert "codex_hooks" not in shown.out


def test_on_windows_a_program_that_is_not_on_path_is_a_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "command_line", lambda *a: command_line.command_line(*a, windows=True))
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["install", "gemini", "--file", str(file), "--yes"]) == 2
    assert "pipx install" in capsys.readouterr().err
    assert json.loads(file.read_text()) == THEIRS
