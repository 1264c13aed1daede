"""Snapshots as a gateway tells them."""

from typing import Any

from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus, Snapshot, split_key


def row(session_key: str = "web:1", **fields: Any) -> SessionStatus:
    channel, session_id = split_key(session_key)
    plain: SessionStatus = {
        "session_key": session_key,
        "session_id": session_id,
        "channel": channel,
        "title": None,
        "state": "thinking",
        "tool_name": None,
        "duration_seconds": 75.4,
        "token_usage": None,
        "error_message": None,
    }
    return plain | fields  # type: ignore[return-value]


def end(session_key: str = "web:1", ended_seconds_ago: float = 130.4, **fields: Any) -> EndedStatus:
    plain: EndedStatus = {
        "session_key": session_key,
        "title": None,
        "outcome": "done",
        "ended_seconds_ago": ended_seconds_ago,
        "error_message": None,
    }
    return plain | fields  # type: ignore[return-value]


def with_ends(shown: Snapshot, *ends: EndedStatus) -> Snapshot:
    return {**shown, "ended": list(ends)}


def snapshot(*rows: SessionStatus, **fields: Any) -> Snapshot:
    states = {row["state"] for row in rows}
    state = "idle" if not rows else "degraded" if "error" in states else "active"
    fleet = {"state": state, "active_sessions": len(rows), "max_concurrent": 5, "uptime_seconds": 3700}
    return {"global": fleet | fields, "sessions": list(rows)}  # type: ignore[typeddict-item]
