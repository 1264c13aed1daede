"""A record, parsed as it stands. All that can be wrong with a report is found here, whichever way it is parsed."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import orjson

from agent_status_publisher.contract.decoding.details import decode_details, labels_of, parent_of
from agent_status_publisher.contract.decoding.fields import key_of, number_of, optional_text, rows_of, text_of
from agent_status_publisher.contract.details.details import DETAIL_NAMES
from agent_status_publisher.contract.details.end import (
    MAX_ENDED_ERROR_CHARACTERS,
    MAX_ENDED_TITLE_CHARACTERS,
    EndedRecord,
    Outcome,
)
from agent_status_publisher.contract.report import (
    MAX_DURATION_MS,
    MAX_HOST_CHARACTERS,
    MIN_HEARTBEAT_MS,
    SCHEMA,
    MalformedReportError,
    SessionRecord,
    SessionState,
    WorkerRecord,
    new_session,
)
from agent_status_publisher.contract.text import (
    MAX_ERROR_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    MAX_TOOL_CHARACTERS,
    cut_text,
)

_STATES: Final = {state.value: state for state in SessionState}
_OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}
_PLAIN_END: Final = 2  # fields: a key, and when its run began

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
    lease_ms = number_of(whole, "lease_ms", MIN_HEARTBEAT_MS, MAX_DURATION_MS)
    heartbeat_ms = number_of(whole, "heartbeat_ms", MIN_HEARTBEAT_MS, MAX_DURATION_MS)
    return WorkerRecord(
        id=text_of(whole, "id"),
        host=cut_text(text_of(whole, "host"), MAX_HOST_CHARACTERS),
        pid=number_of(whole, "pid"),
        lease_ms=lease_ms,
        heartbeat_ms=heartbeat_ms,
        error_ttl_ms=number_of(whole, "error_ttl_ms", 0, MAX_DURATION_MS),
        max_concurrent=number_of(whole, "max_concurrent"),
        uptime_ms=number_of(whole, "uptime_ms"),
        left=whole.get("left") is True,
        labels=labels_of(whole),
        sessions=_sessions_of(whole) if sessions is None else sessions,
        ended=_once_each("ended", tuple(map(_decode_ended, rows_of(whole, "ended")))),
    )


def _sessions_of(whole: dict[str, Any]) -> tuple[SessionRecord, ...]:
    return _once_each("sessions", tuple(map(decode_session, rows_of(whole, "sessions"))))


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
    key, known_state = key_of(row), _STATES[state]
    return new_session(
        (
            key,
            known_state,
            number_of(row, "changed_ms"),
            number_of(row, "run_ms"),
            optional_text(row, "title", MAX_TITLE_CHARACTERS),
            optional_text(row, "tool", MAX_TOOL_CHARACTERS) if "tool" in row else None,
            optional_text(row, "error", MAX_ERROR_CHARACTERS) if "error" in row else None,
            number_of(row, "input") if "input" in row else 0,
            number_of(row, "output") if "output" in row else 0,
            None if row.get("expires_ms") is None else number_of(row, "expires_ms"),
            number_of(row, "called_ms") if "called_ms" in row else 0,
            None if DETAIL_NAMES.isdisjoint(row) else decode_details(row, key, known_state),
        )
    )


def _decode_ended(row: dict[str, Any]) -> EndedRecord:
    key, run_ms = key_of(row), number_of(row, "run_ms")
    if len(row) <= _PLAIN_END:
        return EndedRecord(key, run_ms)
    return EndedRecord(
        key,
        run_ms,
        None if row.get("ended_ms") is None else number_of(row, "ended_ms"),
        _OUTCOMES.get(optional_text(row, "outcome", MAX_ENDED_TITLE_CHARACTERS) or ""),
        optional_text(row, "title", MAX_ENDED_TITLE_CHARACTERS),
        optional_text(row, "error", MAX_ENDED_ERROR_CHARACTERS),
        labels_of(row),
        parent_of(row, key),
    )
