"""The end of a session: when it came, and how."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from agent_status_publisher.contract.details.labels import Labels

MAX_ENDED_TITLE_CHARACTERS: Final = 80
MAX_ENDED_ERROR_CHARACTERS: Final = 120


class Outcome(StrEnum):
    """The ways in which a session ends."""

    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"


class EndedRecord(NamedTuple):
    """A session key that this worker has ended.

    Attributes:
        run_ms: Milliseconds since the ended run began.
        ended_ms: Milliseconds since it ended. None if the report does not say more of this end than when its run began.
        outcome: None if it is not known.
        title: The session's title, cut at 80 characters.
        error: The error of a session that has failed, cut at 120 characters.
        labels: The session's own labels. Those of its worker are in the worker's record.
        parent: The key of the session for which it worked.
    """

    key: str
    run_ms: int
    ended_ms: int | None = None
    outcome: Outcome | None = None
    title: str | None = None
    error: str | None = None
    labels: Labels = ()
    parent: str | None = None


def ended_json(ended: EndedRecord) -> dict[str, Any]:
    """Return the JSON's fields of an end, without those that are not known."""
    key, run_ms, ended_ms, outcome, title, error, labels, parent = ended
    row: dict[str, Any] = {"key": key, "run_ms": run_ms}
    if ended_ms is not None:
        row["ended_ms"] = ended_ms
    if outcome is not None:
        row["outcome"] = outcome
    if title is not None:
        row["title"] = title
    if error is not None:
        row["error"] = error
    if labels:
        row["labels"] = dict(labels)
    if parent is not None:
        row["parent"] = parent
    return row
