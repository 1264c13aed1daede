"""Sessions that stall, checked hard: whoever calls and whoever asks, each reader is told nothing but the truth."""

from typing import Final

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.details import Details
from chaos.workers.reports import record, session
from tests.model.fold_history import older
from tests.model.random_reports import KEYS
from tests.model.test_changes import TEAM, WEB, Changing, profile, small_steps

__all__ = ["small_steps"]

STALLING: Final = [
    WHOLE.with_stalled(5),
    WHOLE.with_fields(("quiet_seconds", "waiting_for")).with_stalled(30),
    WEB.with_stalled(5).with_ended(900).narrowed_to(TEAM),
]


class Stalling(Changing):
    """One example is a history of agents that call or do not, and of those who ask which sessions have stalled."""

    @initialize(view=st.sampled_from(STALLING), wants_changes=st.booleans())
    def begin(self, view: View, *, wants_changes: bool) -> None:
        labelled = Details((("team", "web"),))
        working = [session(key, "streaming", called_ms=0, details=labelled) for key in KEYS[:3]]
        self.world.hear(self.world.write(record("w1", *working)))
        self.world.join(view, wants_changes=wants_changes)

    @rule(which=st.integers(0, 9), view=st.sampled_from(STALLING), wants_changes=st.booleans())
    def join(self, which: int, view: View, *, wants_changes: bool) -> None:
        if len(self.world.viewers) > which:  # else so many views are open that some look soon, whatever happens
            self.world.leave(self.viewer(which))
        self.world.join(view, wants_changes=wants_changes)

    @rule(view=st.sampled_from(STALLING))
    def ask(self, view: View) -> None:
        self.world.ask(view)

    @precondition(lambda self: self.world.stored)
    @rule(which=st.integers(0, 2), index=st.integers(0, 4), hangs=st.booleans())
    def call(self, which: int, index: int, *, hangs: bool) -> None:
        """Report that an agent has called, and nothing else; maybe after a while in which all were quiet."""
        if hangs:
            for seconds in (0.0, 7.5):
                self.world.pass_(seconds)
                self.world.settle()
        held = self.held(which)
        if held:
            one = held[index % len(held)]
            aged = older(one, self.world.age_ms(self.worker(which)))
            self.world.hear(self.world.write_again(self.worker(which), aged._replace(called_ms=aged.changed_ms)))


@pytest.mark.timeout(600)
def test_what_a_reader_is_told_of_stalls_is_always_a_truth_and_at_last_the_newest() -> None:
    run_state_machine_as_test(Stalling, settings=profile(max_examples=200, stateful_step_count=30))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_the_same_in_more_and_longer_histories() -> None:
    run_state_machine_as_test(Stalling, settings=profile(max_examples=600, stateful_step_count=50))
