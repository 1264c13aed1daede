"""A record's bytes, cut where the publisher writes each session and its ages.

The publisher writes a session's ages last. All before them, the session's text, is the same in the next report unless
the session has changed. A record that is written in any other way is as valid, but is not cut.

A cut proves nothing of a part, only that the record is what its parts are together: if each of them can be parsed by
itself, the record is the JSON that they make.
"""

import re
from typing import Any, Final, NamedTuple

import orjson

from agent_status_publisher.contract.report import MAX_NUMBER, MAX_SESSIONS, MalformedReportError

_SESSIONS: Final = b',"sessions":[{"key":'
_NEXT: Final = b',{"key":'
_ENDED: Final = b'}],"ended":['
_END: Final = b"}]}"
_AGES: Final = re.compile(
    rb',"changed_ms":([0-9]{1,16}),"run_ms":([0-9]{1,16})(?:,"expires_ms":([0-9]{1,16}))?\},\{"key":'
)
"""A session's ages, and the start of the next one."""
_PARTS: Final = 4  # a text, and the three groups of its ages
_MOST_BRACKETS: Final = 1000
"""A text with more brackets might be nested deeper than JSON's parser allows within a record."""


class Layout(NamedTuple):
    """The parts of a record. All but the fields have an element for each session.

    Attributes:
        fields: All fields of the record but the sessions.
        texts: A session's JSON from the value of `key` to the ages.
        expires_ms: None where a session's ages do not have it.
    """

    fields: dict[str, Any]
    texts: tuple[bytes, ...]
    changed_ms: list[int]
    run_ms: list[int]
    expires_ms: list[int | None]


def cut_record(encoded: bytes) -> Layout | None:
    """Cut a record that has sessions; None if it is not written as the publisher writes it.

    Raises:
        JSONDecodeError: A part cannot be parsed.
        MalformedReportError: An age is too large.
    """
    start, end = encoded.find(_SESSIONS), encoded.rfind(_ENDED)
    if end < 0 and encoded.endswith(_END):
        end = len(encoded) - len(_END)
    if start < 0 or end < start:
        return None
    *parts, rest = _AGES.split(encoded[start + len(_SESSIONS) : end + 1] + _NEXT)
    texts = tuple(parts[::_PARTS])
    fields = orjson.loads(encoded[:start] + b"}")
    others = _fields_after(encoded[end + 2 :])
    # No field may come before the comma, and no other list of sessions may be the one that counts.
    if rest or not fields or "sessions" in others or len(texts) > MAX_SESSIONS:
        return None
    changed_ms, run_ms = _numbers(parts[1::_PARTS]), _numbers(parts[2::_PARTS])
    expires_ms: list[Any] = parts[3::_PARTS]
    if expires_ms.count(None) < len(expires_ms):
        places = [place for place, digits in enumerate(expires_ms) if digits is not None]
        for place, number in zip(places, _numbers([expires_ms[place] for place in places]), strict=True):
            expires_ms[place] = number
    return Layout(fields | others, texts, changed_ms, run_ms, expires_ms)


def fields_of(text: bytes) -> dict[str, Any] | None:
    """Parse a session's text; None if a session of this text is better parsed as a whole.

    Raises:
        JSONDecodeError: The text is not a part of a session.
    """
    if text.count(b"[") + text.count(b"{") > _MOST_BRACKETS:
        return None
    fields: dict[str, Any] = orjson.loads(b'{"key":' + text + b"}")
    return None if "expires_ms" in fields else fields  # it would count where the ages have none


def _fields_after(sessions: bytes) -> dict[str, Any]:
    """Parse the fields after the list of sessions: a comma and fields, or nothing, and the end of the record."""
    fields: dict[str, Any] = orjson.loads(b"{" + sessions.removeprefix(b","))
    return fields


def _numbers(digits: list[bytes]) -> list[int]:
    numbers: list[int] = orjson.loads(b"[" + b",".join(digits) + b"]")
    if max(numbers) > MAX_NUMBER:
        raise MalformedReportError("type", f"a number is over {MAX_NUMBER}")
    return numbers
