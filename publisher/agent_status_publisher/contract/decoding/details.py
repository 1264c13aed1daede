"""The details of a session, parsed. A wrong type is malformed, and what breaks a limit is left out.

Rule 1. A reader leaves out what the publisher would leave out, so a stranger's details are held to the same limits.
Rule 2. A reason to wait that is not known comes from a newer publisher, and is left out, too.
"""

from typing import Any, Final

from agent_status_publisher.contract.decoding.fields import optional_text
from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.details.labels import Labels, kept_labels
from agent_status_publisher.contract.details.link import check_link
from agent_status_publisher.contract.report import (
    MAX_NUMBER,
    MalformedReportError,
    SessionState,
    check_session_key,
)

_REASONS: Final = {reason.value: reason for reason in WaitingFor}


def decode_details(row: dict[str, Any], key: str, state: SessionState) -> Details | None:
    """Make the details of a session's JSON fields; None if it says nothing of them.

    Raises:
        MalformedReportError: A field has a wrong type.
    """
    reason = _REASONS.get(optional_text(row, "waiting_for") or "")
    context, progress = _pair(row, "context"), _pair(row, "progress")
    details = Details(
        labels_of(row),
        parent_of(row, key),
        _link_of(row),
        reason if state is SessionState.WAITING_FOR_USER else None,
        context if context and context[1] else None,
        _cost_of(row),
        progress if progress and 0 < progress[1] >= progress[0] else None,
    )
    return None if details == NO_DETAILS else details


def labels_of(row: dict[str, Any]) -> Labels:
    """The field `labels` of a session, an end or a worker.

    Raises:
        MalformedReportError: It is not an object, or a value is not a text.
    """
    labels = row.get("labels")
    if labels is None:
        return ()
    if type(labels) is dict and all(type(value) is str for value in labels.values()):
        return kept_labels(labels.items())
    raise MalformedReportError("type", "labels is not an object of texts")


def parent_of(row: dict[str, Any], key: str) -> str | None:
    """The field `parent` of a session or an end with this key; None if it cannot be its parent.

    Raises:
        MalformedReportError: It is not a text.
    """
    parent = optional_text(row, "parent")
    if not parent or parent == key:
        return None
    try:
        return check_session_key(parent)
    except ValueError:
        return None


def _link_of(row: dict[str, Any]) -> str | None:
    link = optional_text(row, "link")
    try:
        return check_link(link) if link else None
    except ValueError:
        return None


def _cost_of(row: dict[str, Any]) -> float | None:
    cost = row.get("cost_usd")
    if cost is None:
        return None
    if type(cost) not in {int, float}:
        raise MalformedReportError("type", "cost_usd is not a number")
    return float(cost) if 0 <= cost <= MAX_NUMBER else None


def _pair(row: dict[str, Any], name: str) -> tuple[int, int] | None:
    pair = row.get(name)
    if pair is None:
        return None
    if type(pair) is list and len(pair) == 2:  # noqa: PLR2004 - a pair
        first, second = pair
        if type(first) is int and type(second) is int:
            return (first, second) if 0 <= first <= MAX_NUMBER and 0 <= second <= MAX_NUMBER else None
    raise MalformedReportError("type", f"{name} is not a list of two whole numbers")
