"""The groups with most sessions, and the rest."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.views.summary.counts import Counted
from agent_status_gateway.state.views.summary.group import Group, order_of
from agent_status_gateway.state.views.summary.ranking import Ranking
from agent_status_publisher.contract.wire import SessionState

THINKING, ERROR = SessionState.THINKING, SessionState.ERROR
NAMES = (None, "", "a", "b", "c")

groups = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.lists(st.tuples(st.sampled_from([THINKING, ERROR]), st.integers(0, 9)), max_size=3)
    )
)


@given(groups, st.integers(0, 6))
def test_after_any_changes_the_first_groups_are_those_with_most_sessions_and_the_rest_has_its_oldest(
    history: list[tuple[str | None, list[tuple[SessionState, int]]]], number: int
) -> None:
    ranking, truth = Ranking(), dict[str | None, list[tuple[SessionState, int]]]()
    for name, sessions in history:
        all_counted: dict[str, Counted] = {}
        group = Group(all_counted)
        for place, (state, start) in enumerate(sessions):
            all_counted[str(place)] = counted = (float(start), str(place), name, state.value)
            group.add(state, counted)
        ranking.put(name, group if sessions else None)
        truth.pop(name, None)
        if sessions:
            truth[name] = sessions
        ordered = sorted(truth, key=lambda name: (-len(truth[name]), order_of(name)))
        assert ranking.first(number) == ordered[:number]
        for state in (THINKING, ERROR):
            starts = [start for name in ordered[number:] for held, start in truth[name] if held is state]
            for _ in range(2):  # to ask changes nothing
                assert ranking.oldest_without(set(ordered[:number]), state) == min(starts, default=NEVER)
