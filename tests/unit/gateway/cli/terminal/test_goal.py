"""What `wait` waits for."""

import pytest

from agent_status_gateway.cli.terminal.goal import Goal
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.wire import SessionState
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot

THINKING = snapshot(row("web:1"))
FAILED = snapshot(row("web:1"), row("web:2", state="error", error_message="disk full"))


def line(received: Snapshot, *states: str, key: str | None = None) -> str | None:
    return Goal(states=frozenset(states), session_key=key).line(received)


# goal: Rule 2
def test_a_global_state_is_the_fleets() -> None:
    assert line(snapshot(), "idle") == "fleet idle (0 of 5 sessions · up 1h 1m)"
    assert line(THINKING, "idle") is None
    assert line(FAILED, "active", "idle") is None
    assert line(FAILED, "degraded") == "fleet degraded (2 of 5 sessions · up 1h 1m)"


# goal: Rule 1
def test_a_sessions_state_is_any_sessions() -> None:
    assert line(FAILED, "error", "streaming") == "web:2 error: disk full"
    assert line(THINKING, "error", "streaming") is None


@pytest.mark.parametrize(
    ("state", "key", "said"),
    [
        ("thinking", "web:1", "web:1 thinking"),
        ("error", "web:1", None),
        ("active", "web:1", "web:1 thinking"),
        ("active", "web:2", None),
        ("degraded", "web:2", "web:2 error: disk full"),
        ("degraded", "web:1", None),
        ("idle", "web:1", None),
        ("idle", "web:3", "web:3 is not open"),
        ("active", "web:3", None),
    ],
)
def test_with_a_key_it_is_that_session_alone(state: str, key: str, said: str | None) -> None:
    assert line(FAILED, state, key=key) == said


def test_a_goal_says_what_it_is() -> None:
    assert str(Goal(states=frozenset({"active", "idle"}))) == "the fleet is idle or active"
    assert str(Goal(states=frozenset({"error", "idle"}))) == "a session is idle or error"
    assert str(Goal(states=frozenset({"error"}), session_key="web:1")) == "web:1 is error"


# goal: Rule 3
def test_in_a_view_the_goal_is_about_its_sessions_and_says_so() -> None:
    working = Goal(states=frozenset({"idle"}), session_key="web:3", view=View(state=frozenset({SessionState.THINKING})))
    assert working.line(FAILED) == "web:3 is not in the view", "it may be open, and in another state"
    assert str(working) == "web:3 is idle in the view state=thinking"
    of_web = Goal(states=frozenset({"idle"}), session_key="web:3", view=View(channel=frozenset({"web"})))
    assert of_web.line(FAILED) == "web:3 is not open"
