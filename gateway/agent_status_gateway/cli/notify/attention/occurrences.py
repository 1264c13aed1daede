"""Pure: the occurrences of a snapshot for one rule.

Rule 1. `error` is the agent's own; `lost` is the error that a gateway shows for the sessions of a lost worker.
Rule 2. `stalled` and `ended` are true where the gateway says so, which was asked for it.
Rule 3. What a gateway sends may be anything, so a row that does not fit says nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence
from agent_status_gateway.cli.notify.rules.when import OF_ALL, When
from agent_status_gateway.state.ends.said import WORKER_LOST
from agent_status_gateway.state.fold.schema import Snapshot, split_key


def occurrences(snapshot: Snapshot, when: When) -> Iterator[Occurrence]:
    """Find what of a snapshot a rule waits for. Durations must be those of now."""
    if when.state in OF_ALL:
        fleet = snapshot["global"]
        if fleet["state"] == when.state:
            yield Occurrence(when.state, ALL_SESSIONS, None, sessions=fleet["active_sessions"])
        return
    if when.state == "ended":
        yield from _ends(snapshot, when)
        return
    for row in snapshot["sessions"]:
        if _is(row, when):
            age = row["quiet_seconds"] if when.state == "stalled" else row["duration_seconds"]
            yield Occurrence(
                when.state,
                row["session_key"],
                age,
                channel=row["channel"],
                title=row["title"],
                detail=_detail(row),
                error=row["error_message"],
                link=_text(row.get("link")),
            )


def _is(row: Mapping[str, Any], when: When) -> bool:
    match when.state:
        case "stalled":
            return row.get("stalled") is True and isinstance(row.get("quiet_seconds"), int | float)
        case "lost":
            return bool(row["state"] == "error" and row["error_message"] == WORKER_LOST)
        case "error":
            return bool(row["state"] == "error" and row["error_message"] != WORKER_LOST)
        case state:
            return bool(row["state"] == state)


def _detail(row: Mapping[str, Any]) -> str:
    return row["tool_name"] or _text(row.get("waiting_for")) or ""


def _ends(snapshot: Mapping[str, Any], when: When) -> Iterator[Occurrence]:
    ends = snapshot.get("ended")
    for end in ends if isinstance(ends, list) else ():
        match end:
            case {
                "session_key": str(key),
                "outcome": str() | None as outcome,
                "ended_seconds_ago": int() | float() as age,
            }:
                if not when.outcome or outcome in when.outcome:
                    yield Occurrence(
                        "ended",
                        key,
                        float(age),
                        channel=split_key(key)[0],
                        title=_text(end.get("title")),
                        detail=outcome or "",
                        error=_text(end.get("error_message")),
                    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
