"""What of a snapshot a rule waits for."""

from typing import Any

import pytest

from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence
from agent_status_gateway.cli.notify.attention.occurrences import occurrences
from agent_status_gateway.cli.notify.rules.when import When
from agent_status_gateway.state.ends.said import WORKER_LOST


def row(key: str, state: str, **fields: Any) -> dict[str, Any]:
    plain = {"title": None, "tool_name": None, "duration_seconds": 5.0, "error_message": None}
    return {"session_key": key, "channel": key.partition(":")[0], "state": state, **plain, **fields}


def found(when: When, *rows: dict[str, Any], state: str = "active", **more: Any) -> list[Occurrence]:
    snapshot: Any = {"global": {"state": state, "active_sessions": len(rows)}, "sessions": list(rows), **more}
    return list(occurrences(snapshot, when))


def keys(when: When, *rows: dict[str, Any], **more: Any) -> list[str]:
    return [occurrence.key for occurrence in found(when, *rows, **more)]


def test_a_state_of_a_session_is_found_with_its_age_and_what_is_said_of_it() -> None:
    rows = (
        row("web:1", "waiting_for_user", title="Fix", waiting_for="approval", link="https://x.example/1"),
        row("web:2", "thinking"),
    )
    assert found(When(state="waiting_for_user"), *rows) == [
        Occurrence("waiting_for_user", "web:1", 5.0, "web", "Fix", "approval", None, "https://x.example/1")
    ]


def test_an_error_is_the_agents_own_and_a_lost_worker_is_another_thing() -> None:
    # occurrences: Rule 1
    rows = row("web:1", "error", error_message="429"), row("web:2", "error", error_message=WORKER_LOST)
    assert keys(When(state="error"), *rows) == ["web:1"]
    assert keys(When(state="lost"), *rows) == ["web:2"]


def test_a_session_has_stalled_where_the_gateway_says_so_since_its_last_call() -> None:
    # occurrences: Rule 2
    rows = (
        row("web:1", "thinking", stalled=True, quiet_seconds=700.0),
        row("web:2", "thinking", stalled=False, quiet_seconds=700.0),
        row("web:3", "thinking"),
    )
    assert [(one.key, one.age_seconds) for one in found(When(state="stalled"), *rows)] == [("web:1", 700.0)]


def test_an_end_is_found_by_its_outcome() -> None:
    ended = [
        {"session_key": "ci:1", "title": "Build", "outcome": "failed", "ended_seconds_ago": 3.0, "error_message": "no"},
        {"session_key": "ci:2", "title": None, "outcome": "done", "ended_seconds_ago": 4, "error_message": None},
    ]
    assert keys(When(state="ended"), ended=ended) == ["ci:1", "ci:2"]
    assert found(When(state="ended", outcome=("failed",)), ended=ended) == [
        Occurrence("ended", "ci:1", 3.0, "ci", "Build", "failed", "no")
    ]


@pytest.mark.parametrize("state", ["idle", "degraded"])
def test_a_state_of_all_sessions_is_found_without_an_age(state: Any) -> None:
    assert found(When(state=state), state=state) == [Occurrence(state, ALL_SESSIONS, None)]
    assert found(When(state=state), state="active") == []


@pytest.mark.parametrize(
    "ended",
    [None, {}, "x", [None], [{}], [{"session_key": 3, "outcome": "done", "ended_seconds_ago": 1}]],
)
def test_what_does_not_fit_says_nothing(ended: Any) -> None:
    # occurrences: Rule 3
    assert found(When(state="ended"), ended=ended) == []
    assert keys(When(state="stalled"), row("web:1", "thinking", stalled="yes", quiet_seconds="long")) == []
