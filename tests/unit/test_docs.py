"""What the documents say of settings, paths, keys, commands and files, held against the code."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from agent_status_gateway.access.credentials import MAX_QUERY_FIELDS
from agent_status_gateway.cli.commands import cli
from agent_status_gateway.http.answers.unprocessable import unprocessable
from agent_status_gateway.http.asking.ended import MAX_ENDED_SECONDS
from agent_status_gateway.main import create_app
from agent_status_gateway.server.connection import RELIED_ON
from agent_status_gateway.server.request_limits import MAX_TARGET_BYTES
from agent_status_gateway.settings import PUBLISHER_ONLY, IngestSettings, RedisSettings, Settings
from agent_status_gateway.state.ends.said import LOST
from agent_status_gateway.state.ends.told import MAX_TOLD
from agent_status_gateway.state.fold.schema import EndedStatus, GlobalStatus, SessionStatus
from agent_status_gateway.state.views.fields import FIELD_NAMES
from agent_status_gateway.state.views.query import FIELDS, MAX_VALUES, WrongFieldError, parse_view
from agent_status_publisher import Session, StatusPublisher
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.report import KEPT_MS
from agent_status_publisher.contract.setting_names import PREFIX
from agent_status_publisher.contract.wire import Keys
from agent_status_publisher.settings import Settings as PublisherSettings
from agent_status_publisher.testing import RecordingPublisher
from tests.support.documents import DOCUMENTS, ROOT, doc_page, rows

SETTINGS: Final = doc_page("reference/settings.md")
HTTP_API: Final = doc_page("reference/http-api.md")
FIELDS_PAGE: Final = doc_page("reference/fields.md")
COMMANDS: Final = doc_page("reference/commands.md")
OVERVIEW: Final = doc_page("explanation/overview.md")
SOURCES: Final = {
    "publisher": ROOT / "publisher" / "agent_status_publisher",
    "gateway": ROOT / "gateway" / "agent_status_gateway",
}
KINDS_OF_FILE: Final = "py|lua|js|mjs|go|yml|yaml|toml|json|txt|cfg|conf"
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def _as_told(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return ",".join(default)
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_settings_table_is_the_code() -> None:
    documented = {
        row[0].strip("`").removeprefix(PREFIX): (row[1].strip("`"), row[2]) for row in rows(SETTINGS, "| setting |")
    }
    ingest = {name: field for name, field in IngestSettings.model_fields.items() if name not in Settings.model_fields}
    ours, theirs = Settings.model_fields | ingest, PublisherSettings(namespace="default")
    for name, (default, reader) in documented.items():
        field = ours.get(name.lower())
        if name in PUBLISHER_ONLY:
            assert reader == "publisher"
            assert float(default) == getattr(theirs, name.lower())
            continue
        assert field is not None, name
        side = "ingest" if name.lower() in ingest else "gateway"
        side = "gateway, ingest" if name.lower() in RedisSettings.model_fields else side
        assert reader == ("both" if hasattr(theirs, name.lower()) else side)
        assert default == _as_told(field.default)
    assert set(documented) == {name.upper() for name in ours} | PUBLISHER_ONLY
    assert f"prefix `{PREFIX}`" in SETTINGS
    assert all(row[0].startswith(f"`{PREFIX}") for row in rows(SETTINGS, "| setting |"))


@each_document
def test_what_is_called_a_setting_is_one(document: Path) -> None:
    fields = Settings.model_fields | IngestSettings.model_fields
    known = {name.upper() for name in fields} | PUBLISHER_ONLY | {"URL", "X"}
    named = set(re.findall(rf"\b{PREFIX}([A-Z_]+)", document.read_text("utf-8")))
    assert named - known == set()


@each_document
def test_a_setting_is_named_in_full(document: Path) -> None:
    short = {name.upper() for name in Settings.model_fields | IngestSettings.model_fields if "_" in name}
    text = document.read_text("utf-8")
    if document.name != "CHANGELOG.md":
        assert {name for name in short if f"`{name}`" in text} <= {"REDIS_URL"}


def test_the_table_of_paths_is_what_the_app_answers() -> None:
    documented = set(re.findall(r"`(?:GET|POST) (/[^`]*)`", HTTP_API.partition("\n## ")[0]))
    app = create_app()
    answered = set(app.openapi()["paths"]) | {"/", "/docs", "/openapi.json"}
    assert documented == answered


def test_the_snapshots_fields_are_those_that_go_out() -> None:
    documented = set(re.findall(r"`(?:global|sessions\[\])\.(\w+)`", HTTP_API + FIELDS_PAGE))
    assert documented == set(GlobalStatus.__annotations__) | set(SessionStatus.__annotations__)


def test_the_fields_that_are_asked_for_are_documented_in_their_order() -> None:
    assert tuple(re.findall(r"^\| `sessions\[\]\.(\w+)`", FIELDS_PAGE, re.MULTILINE)) == FIELD_NAMES


def test_what_is_told_of_an_end_is_documented_in_its_order() -> None:
    page = doc_page("reference/ended.md")
    assert [row[0] for row in rows(page, "| field |")] == [f"`ended[].{name}`" for name in EndedStatus.__annotations__]
    outcomes = next(row[1] for row in rows(page, "| field |") if row[0] == "`ended[].outcome`")
    assert all(f"`{outcome}`" in outcomes for outcome in (*Outcome, LOST))
    assert f"1 to {MAX_ENDED_SECONDS:,}" in page
    assert f"At most {MAX_TOLD:,} ends" in page
    assert f"until {KEPT_MS // 60_000} minutes after its last report" in page


def test_the_fields_of_a_view_are_those_that_are_parsed() -> None:
    views = HTTP_API.partition("## Views")[2]
    documented = [row[0].strip("`").split("=") for row in rows(views, "| field | sessions")]
    assert [name for name, _ in documented] == [*FIELDS]
    assert not parse_view([(name, value) for name, value in documented]).is_whole
    assert f"at most {MAX_VALUES} values" in views
    assert f"a query of at most {MAX_QUERY_FIELDS} fields" in views
    assert f"at most {MAX_TARGET_BYTES >> 10} KiB" in views


def test_the_example_of_a_wrong_value_is_what_is_answered() -> None:
    documented = HTTP_API.partition("```json\n")[2].partition("\n```")[0]
    with pytest.raises(WrongFieldError) as raised:
        parse_view([("state", "asleep")])
    assert json.loads(documented) == json.loads(bytes(unprocessable(raised.value).body))


@each_document
def test_what_is_called_a_command_is_one(document: Path) -> None:
    commands: dict[str, Any] = vars(get_command(cli))["commands"]
    named = re.findall(r"agent-status-gateway ([a-z]+)\b(?=[^`\n]*`|[^`]*\n```)", document.read_text("utf-8"))
    assert set(named) <= set(commands)


def test_the_commands_page_names_every_command() -> None:
    commands: dict[str, Any] = vars(get_command(cli))["commands"]
    assert {name for name in commands if f"`agent-status-gateway {name}" not in COMMANDS} == set()


def test_the_overview_has_every_folder_of_both_packages_and_no_other() -> None:
    named = set(re.findall(r"`((?:publisher|gateway)/agent_status_\w+/\w+)/`", OVERVIEW))
    folders = {
        str(path.parent.relative_to(ROOT)) for package in SOURCES.values() for path in package.glob("*/__init__.py")
    }
    assert named == folders


@each_document
def test_a_file_or_folder_that_is_named_exists(document: Path) -> None:
    named = re.findall(rf"`((?:[\w.-]+/)+(?:[\w-]+\.(?:{KINDS_OF_FILE}))?)`", document.read_text("utf-8"))
    places = (ROOT, *SOURCES.values(), *(package.parent for package in SOURCES.values()))
    made = {"site/"}
    assert {name for name in named if not any((place / name).exists() for place in places)} <= made


@pytest.mark.parametrize("name", ["explanation/redis-and-reports.md", "reference/protocol.md"])
def test_a_page_names_the_keys_as_the_code_builds_them(name: str) -> None:
    keys = Keys("NAMESPACE")
    for key in (keys.worker("<worker_id>"), keys.workers, keys.kept, keys.events, keys.probe):
        assert f"`…{key.removeprefix('agent-status:{NAMESPACE}')}`" in doc_page(name)


def test_the_fan_outs_page_names_all_that_is_relied_on_in_uvicorn() -> None:
    documented = (
        doc_page("explanation/fan-out.md").partition("## What it relies on in uvicorn")[2].partition("\n## ")[0]
    )
    assert {name for names in RELIED_ON.values() for name in names if f"`{name}" not in documented} == set()


def test_every_method_of_a_session_and_a_publisher_is_in_the_reference() -> None:
    inner = {"open", "open_as", "open_calls", "return_to", "report", "is_live", "is_held", "held_session"}
    inner |= {"key", "is_over", "start", "worker_id"}
    glance = doc_page("reference/publisher.md").partition("## At a glance")[2].partition("\n:::")[0]
    for kind in (Session, StatusPublisher):
        for name in vars(kind):
            if not name.startswith("_") and name not in inner:
                assert name in glance, f"{kind.__name__}.{name}"


def test_the_members_that_the_reference_renders_are_those_that_there_are() -> None:
    text = doc_page("reference/publisher.md")
    for kind in (StatusPublisher, Session, RecordingPublisher):
        listed = re.search(rf":::\s\S+\.{kind.__name__}\n    options:\n      members: \[(.*)\]", text)
        assert listed is not None
        assert {name for name in listed[1].split(", ") if name not in vars(kind)} == set()
