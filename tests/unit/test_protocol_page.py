"""The pages about ingest and the protocol say what the code does."""

import re
from typing import Final, get_args

import orjson

from agent_status_gateway.ingest.app import create_ingest
from agent_status_gateway.ingest.body_limit import MAX_BODY_BYTES
from agent_status_gateway.ingest.hook_event import Cli
from agent_status_gateway.ingest.session_update import SessionUpdate
from agent_status_gateway.settings import IngestSettings
from agent_status_publisher.contract import report, text, wire
from agent_status_publisher.contract.decoding.layout import cut_record
from agent_status_publisher.contract.details import end, labels, link
from agent_status_publisher.contract.details.details import Details, WaitingFor
from agent_status_publisher.contract.details.end import EndedRecord, Outcome
from agent_status_publisher.contract.report import SessionRecord, SessionState, WorkerRecord, encode_record
from agent_status_publisher.worker.sessions import ends
from chaos.workers.reports import ended, record, session
from tests.support.documents import doc_page, rows

PAGE: Final = doc_page("reference/protocol.md")
INGEST: Final = doc_page("how-to/any-language.md")


def named(document: str, header: str) -> set[str]:
    """What the first column of the table with this header names."""
    return {name for row in rows(document, header) for name in re.findall(r"`([^`]+)`", row[0])}


def test_the_requests_are_those_that_ingest_answers() -> None:
    paths = create_ingest(IngestSettings.load()).openapi()["paths"]
    answered = {f"{method.upper()} {path}".replace(":path", "") for path, ways in paths.items() for method in ways}
    assert named(INGEST, "| request |") == answered


def test_the_fields_of_a_session_update_are_those_that_are_taken() -> None:
    assert named(INGEST, "| field |") == set(SessionUpdate.model_fields)
    states = next(row[1] for row in rows(INGEST, "| field |") if row[0] == "`state`")
    assert all(f"`{state}`" in states for state in SessionState)
    reasons = next(row[1] for row in rows(INGEST, "| field |") if row[0] == "`waiting_for`")
    assert all(f"`{reason}`" in reasons for reason in WaitingFor)
    assert all(f"`{cli}`" in INGEST for cli in get_args(Cli))


def test_the_fields_of_a_record_are_those_that_are_written() -> None:
    whole = record("w", session(title="t"), left=True, ended=(ended(),), labels=(("team", "web"),))
    written = set(orjson.loads(encode_record(whole)))
    documented = named(PAGE, "| field |")
    assert documented == written
    assert {name for name in SessionRecord._fields if f"`{_told_as(name)}`" not in PAGE} == {"details"}
    assert named(PAGE, "| part |") >= set(Details._fields)
    reasons = next(row[1] for row in rows(PAGE, "| part |") if row[0] == "`waiting_for`")
    assert all(f"`{reason}`" in reasons for reason in WaitingFor)


def test_all_of_an_end_is_told() -> None:
    assert all(f'"{name}"' in PAGE or f"`{name}`" in PAGE for name in EndedRecord._fields)
    assert all(f"`{outcome}`" in PAGE.partition("### How a session ended")[2] for outcome in Outcome)
    assert f"at most {ends.MAX_DESCRIBED_BYTES >> 10} KB" in PAGE
    assert f"`title` ({end.MAX_ENDED_TITLE_CHARACTERS} characters" in PAGE
    assert f"`error`\n({end.MAX_ENDED_ERROR_CHARACTERS})" in PAGE


def test_the_limits_of_details_are_the_codes() -> None:
    limits = {row[0]: row[2] for row in rows(PAGE, "| part |")}
    assert f"{labels.MAX_LABELS} labels" in limits["`labels`"]
    assert f"1 to {labels.MAX_LABEL_NAME_CHARACTERS} characters" in limits["`labels`"]
    assert f"values of {labels.MAX_LABEL_VALUE_CHARACTERS} at most" in limits["`labels`"]
    assert f"{labels.MAX_LABELS_BYTES} bytes" in limits["`labels`"]
    assert f"{link.MAX_LINK_CHARACTERS:,} characters" in limits["`link`"]
    of_worker = {row[0]: row[1] for row in rows(doc_page("reference/publisher.md"), "| what | limit |")}
    assert of_worker["labels of a session, its worker's included"] == (
        f"{labels.MAX_LABELS}, together {labels.MAX_LABELS_BYTES} bytes of UTF-8; names of "
        f"{labels.MAX_LABEL_NAME_CHARACTERS} characters, values of {labels.MAX_LABEL_VALUE_CHARACTERS}"
    )
    assert of_worker["a link"] == f"{link.MAX_LINK_CHARACTERS:,} characters"


def _told_as(name: str) -> str:
    return {"input_tokens": "input", "output_tokens": "output"}.get(name, name)


def test_the_example_is_a_report() -> None:
    example = PAGE.partition("```json\n")[2].partition("\n```")[0]
    documented = wire.decode_record(example.encode())
    assert isinstance(documented, WorkerRecord)
    assert encode_record(documented).decode() == example


def test_the_example_is_written_in_the_way_that_is_parsed_fast() -> None:
    example = PAGE.partition("```json\n")[2].partition("\n```")[0]
    assert cut_record(example.encode())


def test_the_numbers_are_the_codes() -> None:
    assert f"{report.MAX_SESSIONS:,} sessions" in PAGE
    assert f"{report.MAX_KEY_BYTES} bytes at most" in PAGE
    assert f"{wire.MAX_WORKER_ID_BYTES} bytes at most" in PAGE
    assert f"the newest {ends.MAX_ENDED}" in PAGE
    assert f"at least {report.MIN_HEARTBEAT_MS}" in PAGE
    assert f"error_ttl_ms + {report.HASH_MARGIN_MS}" in PAGE
    assert f"| 413 | A body over {MAX_BODY_BYTES >> 20} MiB |" in INGEST
    assert f"over {wire.MAX_REPORT_BYTES >> 20} MiB, does not count" in PAGE
    shown = f"{text.MAX_TITLE_CHARACTERS}, {text.MAX_TOOL_CHARACTERS} and {text.MAX_ERROR_CHARACTERS} characters"
    assert shown in PAGE
    assert report.MAX_DURATION_MS == 7 * 24 * 3600 * 1000
