"""Pure: what has changed, as lines: for pipes, logs and terminals without a cursor. `grep`, `cut` and `awk` read them.

Each line begins with who: a session's key, `fleet` or `gateway`; then comes what, then the session's title in brackets.
"""

from agent_status_gateway.cli.terminal.presentation import headline, in_order, matches, plain, what
from agent_status_gateway.cli.terminal.view import Known
from agent_status_gateway.state.schema import GlobalStatus, SessionStatus, Snapshot


def changes(before: Snapshot | None, after: Snapshot, matching: str = "") -> list[str]:
    """A line for the fleet if its state is new, and one for each session that is, does something else, or has ended.

    A session that matches before or after is told of, so that none seems to have ended by matching no longer.
    """
    known = {} if before is None else {row["session_key"]: row for row in before["sessions"]}
    lines: list[str] = []
    if before is None or before["global"]["state"] != after["global"]["state"]:
        lines.append(fleet_line(after["global"]))
    open_keys = {row["session_key"] for row in after["sessions"]}
    lines += [ended_line(row) for key, row in known.items() if key not in open_keys and matches(row, matching)]
    for row in in_order(after["sessions"]):
        old = known.get(row["session_key"])
        is_new = old is None or (what(old), old["title"]) != (what(row), row["title"])
        if is_new and (matches(row, matching) or (old is not None and matches(old, matching))):
            lines.append(session_line(row))
    return lines


def gateway_changes(before: Known, after: Known, now: float) -> list[str]:
    """A line when the picture begins or ceases to be sound, or for another reason."""
    if _trouble(before) == _trouble(after):
        return []
    return [f"gateway {plain(after.condition(now)) or 'live'}"]


def _trouble(known: Known) -> str:
    if known.trouble is not None:
        return known.trouble.reason
    return "stale" if known.feed is not None and known.feed.is_lost else ""


def fleet_line(fleet: GlobalStatus) -> str:
    """The global state, and the figures."""
    return f"fleet {fleet['state']} ({headline(fleet)})"


def session_line(row: SessionStatus) -> str:
    """What a session does."""
    return f"{plain(row['session_key'])} {what(row)}{_title(row)}"


def ended_line(row: SessionStatus) -> str:
    """That a session is open no more."""
    return f"{plain(row['session_key'])} ended{_title(row)}"


def _title(row: SessionStatus) -> str:
    title = plain(row["title"] or "").strip()
    return f" ({title})" if title else ""
