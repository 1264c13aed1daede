"""Results that took long to make, and until when each serves."""

from agent_status_gateway.pipeline.kept_results import MAX_RESULTS, KeptResults
from agent_status_gateway.state.steps import Steps, at_once
from tests.support.builders.clock import Clock


def work(clock: Clock, seconds: float, result: str = "done") -> Steps[str]:
    for _ in range(2):
        clock.pass_(seconds / 2)
        yield
    return result


def test_a_result_serves_for_twenty_times_as_long_as_it_took() -> None:
    clock = Clock(7.0)
    kept = KeptResults(clock)
    assert kept.get("text") is None
    assert at_once(kept.make("text", work(clock, 0.01))) == "done"
    assert (kept.get("text"), kept.get("badge")) == ("done", None)
    clock.pass_(0.19)
    assert kept.get("text") == "done"
    clock.pass_(0.02)
    assert kept.get("text") is None


def test_a_result_serves_for_a_second_at_most() -> None:
    clock = Clock()
    kept = KeptResults(clock)
    at_once(kept.make("text", work(clock, 5.0)))
    clock.pass_(0.99)
    assert kept.get("text") == "done"
    clock.pass_(0.02)
    assert kept.get("text") is None


def test_a_newer_result_takes_the_place_of_one_with_its_name() -> None:
    clock = Clock()
    kept = KeptResults(clock)
    for result in ("old", "new"):
        at_once(kept.make("text", work(clock, 0.01, result)))
    assert kept.get("text") == "new"
    assert len(kept) == 1


def test_what_serves_nobody_any_more_is_not_kept_and_results_are_bounded() -> None:
    clock = Clock()
    kept = KeptResults(clock)
    at_once(kept.make("old", work(clock, 0.001)))
    clock.pass_(1.0)
    for number in range(MAX_RESULTS + 5):
        at_once(kept.make(number, work(clock, 0.001)))
        clock.pass_(-0.001)
    assert len(kept) == MAX_RESULTS
    assert kept.get("old") is kept.get(0) is None
    assert kept.get(MAX_RESULTS) == "done"
