"""Counts in words."""

import pytest

from agent_status_gateway.http.glance.headline import headline
from chaos.workers.reports import session
from tests.support.builders.tallies import tally_of

ALL = tuple(
    session(f"web:{number}", state)
    for number, state in enumerate(["thinking", "error", "waiting_for_user", "tool_running", "streaming"])
)


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ((), "idle: no sessions"),
        (ALL[:1], "active: 1 working"),
        (ALL[:2], "degraded: 1 in error, 1 working"),
        (ALL[2:3], "active: 1 waiting for user"),
        (ALL, "degraded: 1 waiting for user, 1 in error, 3 working"),
    ],
)
def test_the_line_begins_with_the_global_state_and_counts_what_there_is(sessions: tuple, expected: str) -> None:  # type: ignore[type-arg]
    assert headline(tally_of(*sessions), None) == expected


def test_what_is_stale_begins_with_no_state() -> None:
    assert headline(tally_of(), 40.9) == "stale: idle 40 s ago, no sessions"
    assert headline(tally_of(*ALL[:2]), 0.0) == "stale: degraded 0 s ago, 1 in error, 1 working"
