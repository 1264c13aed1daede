"""Work in small steps."""

from agent_status_gateway.state.steps import Steps, at_once


def test_all_steps_are_run_and_the_result_is_returned() -> None:
    taken = []

    def work() -> Steps[str]:
        for number in range(3):
            taken.append(number)
            yield
        return "done"

    assert at_once(work()) == "done"
    assert taken == [0, 1, 2]
