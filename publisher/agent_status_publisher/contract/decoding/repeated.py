"""A record, parsed with the help of its worker's last one.

Most of a report is what the one before has said: of a hundred sessions one has changed, and all have grown older. A
session whose text is the same has the same fields, checked already, and only its ages are parsed. The result is the
same as the plain one in everything; whatever is not clear here is parsed plainly, which finds the error as well.
"""

from itertools import compress
from operator import ne
from typing import Any, Final

import orjson

from agent_status_publisher.contract.decoding.layout import Layout, cut_record, fields_of
from agent_status_publisher.contract.decoding.plain import decode_plainly, decode_session, record_of
from agent_status_publisher.contract.report import AgedSessions, MalformedReportError, SessionRecord, WorkerRecord

MIN_REPEATED_BYTES: Final = 3000
"""Bytes from which a record is worth cutting; a shorter one is parsed plainly in less time."""

MAX_CHANGED_PART: Final = 0.25
"""The part of a report's sessions that may differ at their places before they are looked for at other places."""
_NO_AGES: Final = {"changed_ms": 0, "run_ms": 0}


def decode_record(encoded: bytes, before: WorkerRecord | None = None) -> WorkerRecord:
    """Parse a complete record.

    Args:
        encoded: The record's JSON.
        before: The last record of the same worker, if there is one. It makes no difference but in time and memory:
            sessions that have not changed share their texts with it.

    Raises:
        MalformedReportError: The text is not JSON or has another schema; a field is missing, of a wrong type or out of
            range; or a key is named twice.
    """
    if before is not None and len(encoded) >= MIN_REPEATED_BYTES:
        try:
            layout = cut_record(encoded)
            record = None if layout is None else _record_of(layout, before)
        except (orjson.JSONDecodeError, MalformedReportError):
            record = None  # the plain way says what is wrong
        if record is not None:
            return record
    return decode_plainly(encoded)


def _record_of(layout: Layout, before: WorkerRecord) -> WorkerRecord | None:
    """Make the record of its parts; None if a part is not clear."""
    texts, held = before.texts, before.held
    if layout.texts != texts:
        found = _held(layout.texts, before)
        if found is None:
            return None
        texts, held = layout.texts, found
    sessions = AgedSessions(held, layout.changed_ms, layout.run_ms, layout.expires_ms)
    record = record_of(layout.fields, sessions)
    object.__setattr__(record, "texts", texts)  # as in the dataclass itself, which is frozen
    return record


def _held(texts: tuple[bytes, ...], before: WorkerRecord) -> tuple[SessionRecord, ...] | None:
    """Return the sessions but for their ages, of those that have not changed the old ones; None if one is not clear."""
    changed = list(compress(range(len(texts)), map(ne, texts, before.texts)))
    if len(texts) == len(before.texts) and len(changed) <= len(texts) * MAX_CHANGED_PART:
        held: list[Any] = list(before.held)
    else:  # sessions have come or gone, so others have moved
        known = dict(zip(before.texts, before.held, strict=False))
        held = list(map(known.get, texts))
        changed = [place for place, session in enumerate(held) if session is None]
    for place in changed:
        fields = fields_of(texts[place])
        if fields is None:
            return None
        held[place] = decode_session(fields | _NO_AGES)
    return tuple(held) if len({session[0] for session in held}) == len(held) else None
