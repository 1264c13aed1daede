"""Work in small steps."""

from agent_status_gateway.state.steps import Steps, at_once, timed
from tests.support.builders.clock import Clock


def test_all_steps_are_run_and_the_result_is_returned() -> None:
    taken = []

    def work() -> Steps[str]:
        for number in range(3):
            taken.append(number)
            yield
        return "done"

    assert at_once(work()) == "done"
    assert taken == [0, 1, 2]


def test_only_the_time_of_the_steps_is_counted() -> None:
    clock = Clock()

    def work() -> Steps[str]:
        for _ in range(2):
            clock.pass_(3.0)
            yield
        clock.pass_(1.0)
        return "done"

    steps = timed(work(), clock)
    for _ in range(2):
        next(steps)
        clock.pass_(100.0)
    assert at_once(steps) == ("done", 7.0)
