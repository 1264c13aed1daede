"""The sessions of one group in one state."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.views.summary.counts import SPARE_SESSIONS, Count, Counted, count_hash
from agent_status_publisher.contract.wire import SessionState

THINKING, ERROR = SessionState.THINKING, SessionState.ERROR


@given(st.lists(st.floats(-5, 5) | st.integers(0, 9)))
def test_the_oldest_of_those_that_are_there_is_found_after_each_that_comes_or_goes(history: list[float]) -> None:
    """A whole number is the place of a session that leaves; any other is the start of one that comes."""
    there: dict[str, Counted] = {}
    count = Count(THINKING, there)
    for number, one in enumerate(history):
        if isinstance(one, int):
            if there:
                del there[[*there][one % len(there)]]
                count.remove()
        else:
            there[f"web:{number}"] = counted = (one, f"web:{number}", "web", "thinking")
            count.add(counted)
        assert count.sessions == len(there)
        assert count.oldest == min((start for start, *_ in there.values()), default=NEVER)


def test_sessions_that_have_left_do_not_pile_up_behind_one_that_stays() -> None:
    there: dict[str, Counted] = {"web:1": (0.0, "web:1", "web", "thinking")}
    count = Count(THINKING, there)
    count.add(there["web:1"])
    for number in range(10 * SPARE_SESSIONS):
        there["web:2"] = passing = (1.0 + number, "web:2", "web", "thinking")
        count.add(passing)
        del there["web:2"]
        count.remove()
        assert len(count._heap) <= SPARE_SESSIONS + 3
    assert (count.sessions, count.oldest) == (1, 0.0)


def test_each_part_of_a_count_makes_another_hash_and_no_sessions_make_none() -> None:
    counts = [
        *(("channel", "web", THINKING, 1), ("state", "web", THINKING, 1), ("channel", "ci", THINKING, 1)),
        *(("channel", "web", ERROR, 1), ("channel", "web", THINKING, 2), ("channel", None, THINKING, 1)),
        *(("channel", "", THINKING, 1), ("channel", "null", THINKING, 1)),
    ]
    hashes = {count_hash(*count) for count in counts}
    assert len(hashes) == len(counts)
    assert count_hash("channel", "web", THINKING, 0) == 0
