"""A record, parsed as it stands. All that can be wrong with a report is found here, whichever way it is parsed."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import orjson

from agent_status_publisher.contract.report import (
    MAX_DURATION_MS,
    MAX_HOST_CHARACTERS,
    MAX_NUMBER,
    MAX_SESSIONS,
    MIN_HEARTBEAT_MS,
    SCHEMA,
    EndedRecord,
    MalformedReportError,
    SessionRecord,
    SessionState,
    WorkerRecord,
    check_session_key,
)
from agent_status_publisher.contract.text import (
    MAX_ERROR_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MAX_TOOL_CHARACTERS,
    cut_text,
)

_STATES: Final = {state.value: state for state in SessionState}

Record = TypeVar("Record", SessionRecord, EndedRecord)


def decode_plainly(encoded: bytes) -> WorkerRecord:
    """Parse a complete record.

    Raises:
        MalformedReportError: The text is not JSON or has another schema; a field is missing, of a wrong type or out of
        range; or a key is named twice.
    """
    try:
        whole = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        raise MalformedReportError("json", str(error)) from error
    if type(whole) is not dict:
        raise MalformedReportError("type", "the record is not an object")
    return record_of(whole, None)


def record_of(whole: dict[str, Any], sessions: Sequence[SessionRecord] | None) -> WorkerRecord:
    """Make the record of its JSON's fields. `sessions` are in place of the field of this name, unless None.

    Raises:
        MalformedReportError: A field breaks the contract.
    """
    if whole.get("v") != SCHEMA:
        raise MalformedReportError("schema", f"version {whole.get('v')!r}, not {SCHEMA}")
    lease_ms = _number(whole, "lease_ms", MIN_HEARTBEAT_MS, MAX_DURATION_MS)
    heartbeat_ms = _number(whole, "heartbeat_ms", MIN_HEARTBEAT_MS, MAX_DURATION_MS)
    return WorkerRecord(
        id=_text(whole, "id"),
        host=cut_text(_text(whole, "host"), MAX_HOST_CHARACTERS),
        pid=_number(whole, "pid"),
        lease_ms=lease_ms,
        heartbeat_ms=heartbeat_ms,
        error_ttl_ms=_number(whole, "error_ttl_ms", 0, MAX_DURATION_MS),
        max_concurrent=_number(whole, "max_concurrent"),
        uptime_ms=_number(whole, "uptime_ms"),
        left=whole.get("left") is True,
        sessions=_sessions_of(whole) if sessions is None else sessions,
        ended=_once_each("ended", tuple(map(_decode_ended, _rows(whole, "ended")))),
    )


def _sessions_of(whole: dict[str, Any]) -> tuple[SessionRecord, ...]:
    return _once_each("sessions", tuple(map(decode_session, _rows(whole, "sessions"))))


def _once_each(name: str, records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Give the records back if each has another key: two rows of one session would be two sessions to a reader."""
    if len({record.key for record in records}) < len(records):
        raise MalformedReportError("key", f"a key is named twice in {name}")
    return records


def decode_session(row: dict[str, Any]) -> SessionRecord:
    """Make one session of its JSON's fields.

    Raises:
        MalformedReportError: A field breaks the contract.
    """
    state = row.get("state")
    if type(state) is not str or state not in _STATES:
        raise MalformedReportError("type", "the state is unknown")
    return SessionRecord(
        _key(row),
        _STATES[state],
        _number(row, "changed_ms"),
        _number(row, "run_ms"),
        _optional_text(row, "title", MAX_TITLE_CHARACTERS),
        _optional_text(row, "tool", MAX_TOOL_CHARACTERS),
        _optional_text(row, "error", MAX_ERROR_CHARACTERS),
        _number(row, "input") if "input" in row else 0,
        _number(row, "output") if "output" in row else 0,
        None if row.get("expires_ms") is None else _number(row, "expires_ms"),
    )


def _decode_ended(row: dict[str, Any]) -> EndedRecord:
    return EndedRecord(key=_key(row), run_ms=_number(row, "run_ms"))


def _key(row: dict[str, Any]) -> str:
    try:
        return check_session_key(_text(row, "key"))
    except ValueError as error:
        raise MalformedReportError("key", str(error)) from error


def _number(row: dict[str, Any], name: str, least: int = 0, most: int = MAX_NUMBER) -> int:
    value = row.get(name)
    if type(value) is int and least <= value <= most:
        return value
    raise MalformedReportError("type", f"{name} is not a whole number from {least} to {most}")


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if type(value) is str:
        return value
    raise MalformedReportError("type", f"{name} is not a text")


def _optional_text(row: dict[str, Any], name: str, max_characters: int) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if type(value) is str:
        return value if len(value) <= max_characters else cut_text(value, max_characters)
    raise MalformedReportError("type", f"{name} is not a text")


def _rows(whole: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = whole.get(name, [])
    if type(rows) is list and all(type(row) is dict for row in rows):
        if len(rows) > MAX_SESSIONS:
            raise MalformedReportError("size", f"{len(rows)} {name}, and at most {MAX_SESSIONS} are believed")
        return rows
    raise MalformedReportError("type", f"{name} is not a list of objects")
