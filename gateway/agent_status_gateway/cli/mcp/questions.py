"""Questions to a gateway, and their answers. Each is one request or two, and blocks until they are answered."""

from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from agent_status_gateway.cli.mcp.bounds import MOST_GROUPS, MOST_SESSIONS, page
from agent_status_gateway.cli.reading.answers import parse_snapshot
from agent_status_gateway.cli.reading.asked_view import parse_asked_view
from agent_status_gateway.cli.reading.problems import NoGatewayError
from agent_status_gateway.cli.reading.requests import Gateway
from agent_status_gateway.paths import STATUS_PATH, SUMMARY_PATH
from agent_status_gateway.state.views.summary.schema import FleetSummary
from agent_status_gateway.state.views.view import View

FIELDS: Final = "labels,parent,waiting_for"
"""The fields of a session that an answer has, beside those that every row has."""
POLL_SECONDS: Final = 5
"""The longest that a gateway holds one question, in seconds."""


def view_of(text: str) -> View:
    """Parse the view that a tool was given; nothing is the whole.

    Raises:
        ReaderError: A name is not a field's, or a value is wrong.
    """
    return parse_asked_view(text.strip() or None)


def sessions(gateway: Gateway, view: View, after: str, limit: int) -> dict[str, Any]:
    """List a page of the sessions of a view.

    Raises:
        ReaderError: The gateway does not answer, or refuses.
    """
    counted = _summary(gateway, view, "state")[0]
    total = counted["global"]["active_sessions"]
    answer: dict[str, Any] = {"global": counted["global"], "total": total}
    if total > MOST_SESSIONS:
        return answer | {
            "sessions": [],
            "next": None,
            "note": f"{total} sessions are too many to list: narrow the view, or ask for a summary",
        }
    response = gateway.get(_path(STATUS_PATH, view, f"fields={FIELDS}"))
    snapshot = gateway.parsed(parse_snapshot, response.text)
    shown, next_ = page(snapshot["sessions"], after, limit)
    return answer | {"total": len(snapshot["sessions"]), "sessions": shown, "next": next_} | _stale(response.headers)


def summarize(gateway: Gateway, view: View, by: str) -> dict[str, Any]:
    """Count the sessions of a view by group and state.

    Raises:
        ReaderError: The gateway does not answer, or refuses.
    """
    counted, headers, _ = _summary(gateway, view, by)
    groups = counted["groups"]
    answer: dict[str, Any] = {"global": counted["global"], "groups": groups[:MOST_GROUPS]}
    if len(groups) > MOST_GROUPS:
        answer["note"] = f"{len(groups) - MOST_GROUPS} more groups are left out"
    return answer | _stale(headers)


def states(gateway: Gateway, view: View, tag: str) -> tuple[frozenset[str], str, bool]:
    """Wait a few seconds for other states of a view than those of this tag; without one, answer at once.

    Returns:
        The states of its sessions and its global state, their tag, and whether they are current. Without news the
        states are empty and the tag is the old one.

    Raises:
        ReaderError: The gateway does not answer, or refuses.
    """
    counted, headers, new_tag = _summary(gateway, view, "state", tag)
    if new_tag == tag and tag:
        return frozenset(), tag, not _stale(headers)
    found = {str(group["state"]) for group in counted["groups"] if "state" in group}
    return frozenset({*found, counted["global"]["state"]}), new_tag, not _stale(headers)


def _summary(gateway: Gateway, view: View, by: str, tag: str = "") -> tuple[FleetSummary, Any, str]:
    wait = (f"wait={POLL_SECONDS}",) if tag else ()
    response = gateway.get(_path(SUMMARY_PATH, view, f"by={quote(by)}", *wait), tag)
    if not response.text:  # what is known already
        return {"global": _NOTHING, "groups": []}, response.headers, tag
    try:
        counted = _summaries.validate_json(response.text)
    except ValidationError:
        raise NoGatewayError(
            f"{gateway.url} did not answer with a summary: is it a gateway, and not an old one?"
        ) from None
    return counted, response.headers, response.headers.get("ETag", "")


def _path(path: str, view: View, *fields: str) -> str:
    return f"{path}?{'&'.join(filter(None, [*fields, view.query()]))}"


def _stale(headers: Any) -> dict[str, str]:
    """A sentence for an answer that may not be true any more; nothing for one that is."""
    seconds = str(headers.get("X-Status-Stale", ""))[:20]
    return {"stale": f"the gateway lost Redis {seconds} s ago: this was true then"} if seconds else {}


_NOTHING: Final[Any] = {"state": "idle", "active_sessions": 0, "max_concurrent": 0, "uptime_seconds": 0}
_summaries: Final = TypeAdapter(FleetSummary)
