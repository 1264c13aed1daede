"""Pure: what a gateway sends, parsed. What answers may be anything, so shapes and numbers have bounds.

Fields that we do not know are kept, so that a snapshot can be printed as it came.
"""

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypeVar

import orjson
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from agent_status_gateway.fanout.events.frames import FeedState
from agent_status_gateway.state.fold.schema import EndedStatus, GlobalStatus, SessionStatus, Snapshot
from agent_status_gateway.state.workers import Workers

T = TypeVar("T", bound=Mapping[str, Any])

MAX_NUMBER: Final = 2**53
"""The greatest number that a gateway sends, of any unit: the greatest that JSON readers agree on (RFC 8259, section 6).
"""

# Not a class, since `from` and `global` are keywords.
Change = TypedDict(
    "Change",
    {
        "from": str,
        "global": GlobalStatus,
        "sessions": list[SessionStatus],
        "gone": list[str],
        "ended": NotRequired[list[EndedStatus]],
    },
)
Change.__doc__ = "Everything that differs between the snapshot whose id is `from` and the one whose id the event has."


class FeedEvent(BaseModel):
    """State of the gateway's feed from Redis, and since when."""

    state: FeedState
    since_seconds: float = Field(ge=0, le=MAX_NUMBER)


class ForeignError(ValueError):
    """A gateway does not send this."""


class _Problem(BaseModel):
    loc: list[str | int] = Field(min_length=1)
    msg: str


class _Problems(BaseModel):
    detail: list[_Problem] = Field(min_length=1)


def parse_snapshot(text: str) -> Snapshot:
    """Parse a snapshot.

    Raises:
        ForeignError: It is not one.
    """
    return _parsed(_snapshot, text)


def parse_change(text: str) -> Change:
    """Parse the data of a change event.

    Raises:
        ForeignError: It is not one.
    """
    return _parsed(_change, text)


def parse_workers(text: str) -> Workers:
    """Parse the workers.

    Raises:
        ForeignError: They are not a list of workers.
    """
    try:
        workers = _workers.validate_json(text)
    except ValidationError:
        raise ForeignError from None
    if not _is_in_bounds(workers):
        raise ForeignError
    return workers


def parse_feed(text: str) -> FeedEvent:
    """Parse the data of a feed event.

    Raises:
        ForeignError: It is not one.
    """
    try:
        return FeedEvent.model_validate_json(text)
    except ValidationError:
        raise ForeignError from None


def parse_problem(text: str) -> tuple[str, str] | None:
    """Parse the first field that a gateway refuses with 422, and its reason. None if that says something else."""
    try:
        problem = _Problems.model_validate_json(text).detail[0]
    except ValidationError:
        return None
    return str(problem.loc[-1]), problem.msg


def _parsed(shape: TypeAdapter[T], text: str) -> T:
    try:
        raw = orjson.loads(text)
        value: Any = shape.validate_python(raw)
    except (ValueError, RecursionError):
        raise ForeignError from None
    if not _is_in_bounds(value):
        raise ForeignError
    rows = [{**given, **row} for given, row in zip(raw["sessions"], value["sessions"], strict=True)]
    parsed: T = {**value, "global": {**raw["global"], **value["global"]}, "sessions": rows}  # type: ignore[assignment]
    return parsed


def _is_in_bounds(value: object) -> bool:
    """True if no number in it is too great or is not a number. Such numbers would fail wherever they are shown."""
    match value:
        case dict():
            return all(map(_is_in_bounds, value.values()))
        case list():
            return all(map(_is_in_bounds, value))
        case int() | float():
            return -MAX_NUMBER <= value <= MAX_NUMBER
        case _:
            return True


_snapshot: Final = TypeAdapter(Snapshot)
_change: Final = TypeAdapter(Change)
_workers: Final = TypeAdapter(Workers)
