"""What the documents say, held against the code."""

import re
from itertools import takewhile
from pathlib import Path

import pytest

from agent_status_gateway.main import create_app
from agent_status_gateway.settings import PUBLISHER_ONLY, IngestSettings, Settings
from agent_status_publisher import Session, StatusPublisher
from agent_status_publisher.contract.setting_names import PREFIX
from agent_status_publisher.contract.wire import Keys
from agent_status_publisher.settings import Settings as PublisherSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def rows(document: str, header: str) -> list[list[str]]:
    """The cells of the table that begins with this header line."""
    lines = document.partition(header)[2].splitlines()[2:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table]


def _as_told(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_settings_table_is_the_code() -> None:
    told = {row[0].strip("`"): (row[1].strip("`"), row[2]) for row in rows(README, "| setting |")}
    ingest = {name: field for name, field in IngestSettings.model_fields.items() if name.startswith("ingest_")}
    ours, theirs = Settings.model_fields | ingest, PublisherSettings(namespace="default")
    for name, (default, reader) in told.items():
        field = ours.get(name.lower())
        if name in PUBLISHER_ONLY:
            assert reader == "publisher"
            assert float(default) == getattr(theirs, name.lower())
            continue
        assert field is not None, name
        side = "ingest" if name.lower() in ingest else "gateway"
        assert reader == ("both" if hasattr(theirs, name.lower()) else side)
        assert default == _as_told(field.default)
    assert set(told) == {name.upper() for name in ours} | PUBLISHER_ONLY
    assert f"prefix `{PREFIX}`" in README


def test_the_table_of_paths_is_what_the_app_answers() -> None:
    told = set(re.findall(r"`(?:GET|POST) (/[^`]*)`", README.partition("## The API")[2].partition("```")[0]))
    app = create_app()
    answered = set(app.openapi()["paths"]) | {"/", "/docs", "/openapi.json"}
    assert told == answered


def test_the_design_names_the_keys_as_the_code_builds_them() -> None:
    keys = Keys("NAMESPACE")
    for key in (keys.worker("<worker_id>"), keys.workers, keys.events, keys.probe):
        assert f"`…{key.removeprefix('agent-status:{NAMESPACE}')}`" in DESIGN


def test_every_method_of_a_session_and_a_publisher_is_in_the_readme() -> None:
    inner = {"open", "open_as", "report", "is_live", "key", "is_over", "start", "worker_id"}
    for kind in (Session, StatusPublisher):
        for name in vars(kind):
            if not name.startswith("_") and name not in inner:
                assert name in README, f"{kind.__name__}.{name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), target
