"""The next moment of each of many things."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.deadlines import NEVER, SPARE_ENTRIES, Deadlines

names = st.sampled_from("abc")
moments = st.integers(0, 20).map(float) | st.just(NEVER)


@given(st.lists(st.tuples(names, moments) | names | st.integers(0, 20)))
def test_what_is_due_is_what_a_look_at_all_moments_finds(steps: list[tuple[str, float] | str | int]) -> None:
    deadlines, truth = Deadlines(), dict[str, float]()
    for step in steps:
        if isinstance(step, tuple):
            name, moment = step
            deadlines.set(name, moment)
            truth[name] = moment
        elif isinstance(step, str):
            deadlines.remove(step)
            truth.pop(step, None)
        else:
            due = []
            while (taken := deadlines.take_due(step)) is not None:
                due.append(truth.pop(taken))
            assert due == sorted(due)
            assert all(moment > step for moment in truth.values())
        truth = {name: moment for name, moment in truth.items() if moment != NEVER}
        assert deadlines.earliest == min(truth.values(), default=NEVER)
        assert len(deadlines) == len(truth)


def test_a_moment_that_only_gets_earlier_cannot_fill_the_heap() -> None:
    deadlines = Deadlines()
    for moment in range(10_000, 0, -1):
        deadlines.set("a", float(moment))
    assert len(deadlines._heap) <= 2 + SPARE_ENTRIES + 1
    assert deadlines.earliest == 1.0
