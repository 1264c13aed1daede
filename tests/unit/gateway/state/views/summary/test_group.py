"""One group of a summary."""

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.views.summary.counts import Counted
from agent_status_gateway.state.views.summary.group import Group, described, name_in, order_of
from agent_status_publisher.contract.wire import SessionState

THINKING, ERROR, WAITING = SessionState.THINKING, SessionState.ERROR, SessionState.WAITING_FOR_USER


def test_a_group_has_a_count_of_each_state_that_occurs() -> None:
    there: dict[str, Counted] = {
        "web:1": (4.0, "web:1", "web", "thinking"),
        "web:2": (3.0, "web:2", "web", "thinking"),
        "web:3": (7.0, "web:3", "web", "error"),
    }
    group = Group(there)
    counts = [group.add(SessionState(counted[3]), counted) for counted in there.values()]
    assert counts[0] is counts[1] is not counts[2]
    assert (group.sessions, len(group.counts)) == (3, 2)
    assert ([count.sessions for count in group.counts], group.oldest(THINKING)) == ([2, 1], 3.0)
    del there["web:2"]
    assert group.remove("thinking") is counts[0]
    assert ([count.sessions for count in group.counts], group.oldest(THINKING)) == ([1, 1], 4.0)
    for state in ("error", "thinking"):
        group.remove(state)
    assert (group.sessions, group.counts) == (0, [])
    assert group.oldest(ERROR) == NEVER


def test_groups_are_in_the_order_of_their_names_and_the_one_without_a_name_is_last() -> None:
    names = [None, "web", "", "Web", "1", "ci", "~"]
    orders = sorted(map(order_of, names))
    assert [name_in(order) for order in orders] == ["", "1", "Web", "ci", "web", "~", None]


def test_what_is_described_has_only_states_that_occur_in_the_order_of_their_declaration() -> None:
    found = described({WAITING: 2, ERROR: 0, THINKING: 1}, {WAITING: 3.5, THINKING: 11.0}, 10.0)
    assert found == {
        "sessions": 3,
        "states": {"thinking": 1, "waiting_for_user": 2},
        "oldest_seconds": {"thinking": 0, "waiting_for_user": 6},
    }
    assert [*found["states"]] == [*found["oldest_seconds"]] == ["thinking", "waiting_for_user"]
