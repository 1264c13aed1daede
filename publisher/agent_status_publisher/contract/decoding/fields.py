"""The fields of a JSON object. Each function raises a `MalformedReportError` that names a field of a wrong type."""

from typing import Any

from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    MAX_SESSIONS,
    MalformedReportError,
    check_session_key,
)
from agent_status_publisher.contract.text import cut_text


def key_of(row: dict[str, Any]) -> str:
    """The field `key`, which is a session key."""
    try:
        return check_session_key(text_of(row, "key"))
    except ValueError as error:
        raise MalformedReportError("key", str(error)) from error


def number_of(row: dict[str, Any], name: str, least: int = 0, most: int = MAX_NUMBER) -> int:
    """A field that is a whole number in this range."""
    value = row.get(name)
    if type(value) is int and least <= value <= most:
        return value
    raise MalformedReportError("type", f"{name} is not a whole number from {least} to {most}")


def text_of(row: dict[str, Any], name: str) -> str:
    """A field that is a text."""
    value = row.get(name)
    if type(value) is str:
        return value
    raise MalformedReportError("type", f"{name} is not a text")


def optional_text(row: dict[str, Any], name: str, max_characters: int | None = None) -> str | None:
    """A field that is a text, cut if it is longer than it may be, or missing."""
    value = row.get(name)
    if value is None:
        return None
    if type(value) is str:
        return value if max_characters is None or len(value) <= max_characters else cut_text(value, max_characters)
    raise MalformedReportError("type", f"{name} is not a text")


def rows_of(whole: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A field that is a list of objects, not too many, or missing."""
    rows = whole.get(name, [])
    if type(rows) is list and all(type(row) is dict for row in rows):
        if len(rows) > MAX_SESSIONS:
            raise MalformedReportError("size", f"{len(rows)} {name}, and at most {MAX_SESSIONS} are believed")
        return rows
    raise MalformedReportError("type", f"{name} is not a list of objects")
