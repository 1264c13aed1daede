"""Pure: changes as lines, for pipes, logs and terminals without a cursor. `grep`, `cut` and `awk` can read them.

Each line begins with its subject: a session's key, `fleet` or `gateway`. Then come the change and the session's title.
"""

from typing import Final

from agent_status_gateway.cli.terminal.ended_sessions import end_line, matches_end, new_ends
from agent_status_gateway.cli.terminal.presentation import headline, in_order, matches, what_now
from agent_status_gateway.cli.terminal.view import Known
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import GlobalStatus, SessionStatus, Snapshot

ENDED: Final = "ended"
LEFT: Final = "left the view"
"""Words for a session that is gone from a view that it can leave before it ends."""


def changes(before: Snapshot | None, after: Snapshot, matching: str = "", *, gone: str = ENDED) -> list[str]:
    """Lines for a new state of the fleet, and for each session that is new, has changed, is gone or has ended.

    A session has a line if it matches before or after, so that one that no longer matches does not seem to have ended.
    `gone` says what has become of one that is gone, if the gateway does not tell its end.
    """
    known = {} if before is None else {row["session_key"]: row for row in before["sessions"]}
    lines: list[str] = []
    if before is None or before["global"]["state"] != after["global"]["state"]:
        lines.append(fleet_line(after["global"]))
    told = {end["session_key"] for end in after.get("ended", [])}
    left = known.keys() - told - {row["session_key"] for row in after["sessions"]}
    lines += [gone_line(row, gone) for key, row in known.items() if key in left and matches(row, matching)]
    for end in new_ends(before, after):
        last = known.get(end["session_key"])
        if matches_end(end, matching) or (last is not None and matches(last, matching)):
            lines.append(end_line(end))
    for row in in_order(after["sessions"]):
        old = known.get(row["session_key"])
        is_new = old is None or (what_now(old), old["title"]) != (what_now(row), row["title"])
        if is_new and (matches(row, matching) or (old is not None and matches(old, matching))):
            lines.append(session_line(row))
    return lines


def gateway_changes(before: Known, after: Known, now: float) -> list[str]:
    """Line for a change in whether the snapshot is current, or in the reason."""
    if _trouble(before) == _trouble(after):
        return []
    return [f"gateway {plain(after.condition(now)) or 'live'}"]


def _trouble(known: Known) -> str:
    if known.trouble is not None:
        return known.trouble.reason
    if known.is_silent:
        return "silent"
    return "stale" if known.feed is not None and known.feed.is_lost else ""


def fleet_line(fleet: GlobalStatus) -> str:
    """Line for the global state and the figures."""
    return f"fleet {fleet['state']} ({headline(fleet)})"


def session_line(row: SessionStatus) -> str:
    """Line for what a session does."""
    return f"{plain(row['session_key'])} {what_now(row)}{_title(row)}"


def gone_line(row: SessionStatus, gone: str) -> str:
    """Line for a session that is gone; `gone` says what has become of it."""
    return f"{plain(row['session_key'])} {gone}{_title(row)}"


def _title(row: SessionStatus) -> str:
    title = plain(row["title"] or "").strip()
    return f" ({title})" if title else ""
