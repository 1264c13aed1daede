"""The fold, checked hard: whatever comes, its rows are what the reports of all workers make, taken at once."""

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from agent_status_gateway.state import deadlines
from agent_status_gateway.state.fold import sorted_keys
from agent_status_publisher.contract.wire import WorkerRecord
from chaos.workers.reports import record, session
from tests.model.fold_history import FoldHistory
from tests.model.random_reports import FIELDS, KEYS, numbers, records, session_of

WORKER_IDS: Final = [f"w{number}" for number in range(1, 7)]
RECORDS: Final = records(st.sampled_from(WORKER_IDS))
WHOLE: Final = numbers(FIELDS)
SECONDS: Final = st.sampled_from([0.0, 0.001, 0.5, 2.5, 7.0, 31.0])
SELDOM: Final = 7
"""The second fold is brought up to date after so many steps."""


class Folding(RuleBasedStateMachine):
    """One example is a history of what reaches a replica. After each step the fold is held to the truth."""

    def __init__(self) -> None:
        super().__init__()
        self.history = FoldHistory()
        self.steps = 0

    @invariant()
    def is_true(self) -> None:
        self.history.settle()
        self.steps += 1
        if self.steps % SELDOM == 0:
            self.history.settle_seldom()

    def teardown(self) -> None:
        self.history.settle()
        self.history.settle_seldom()

    # Reports

    @rule(worker=RECORDS, skipped=st.sampled_from([0, 0, 0, 2]))
    def report(self, worker: WorkerRecord, skipped: int) -> None:
        self.history.hear(self.history.write(worker, skipped=skipped))

    @rule(worker=RECORDS)
    def report_without_the_channel(self, worker: WorkerRecord) -> None:
        self.history.write(worker)

    @rule(workers=st.lists(RECORDS, min_size=2, max_size=6))
    def report_at_once(self, workers: list[WorkerRecord]) -> None:
        for worker in workers:
            self.history.hear(self.history.write(worker))

    @precondition(lambda self: self.history.sent)
    @rule(which=st.integers(0, 50))
    def hear_late(self, which: int) -> None:
        self.history.hear(self.history.sent[-1 - which % len(self.history.sent)])

    @precondition(lambda self: self.history.stored)
    @rule(which=st.integers(0, 5), seconds=SECONDS)
    def beat(self, which: int, seconds: float) -> None:
        self.history.pass_(seconds)
        self.history.hear(self.history.write_again(self.stored_worker(which)))

    @precondition(lambda self: self.history.stored)
    @rule(
        which=st.integers(0, 5),
        others=st.lists(WHOLE, max_size=2),
        ends=st.sampled_from(KEYS),
        is_held=st.booleans(),
    )
    def change_a_few(self, which: int, others: list[int], ends: str, is_held: bool) -> None:
        sessions = map(session_of, others)
        worker_id = self.stored_worker(which)
        self.history.hear(self.history.write_again(worker_id, *sessions, ends=ends, is_held=is_held))

    @precondition(lambda self: self.history.stored)
    @rule(
        which=st.integers(0, 5), index=st.integers(0, 4), name=st.sampled_from([*FIELDS][:1] + [*FIELDS][2:]), to=WHOLE
    )
    def change_one_field(self, which: int, index: int, name: str, to: int) -> None:
        """Report one session as it was, but for its state, its tool, its title, …"""
        worker_id = self.stored_worker(which)
        held = self.history.stored[worker_id].decode().record.sessions
        if held:
            value = getattr(session_of(to), name)
            changed = held[index % len(held)]._replace(**{name: value})
            self.history.hear(self.history.write_again(worker_id, changed))

    def stored_worker(self, which: int) -> str:
        stored = sorted(self.history.stored)
        return stored[which % len(stored)]

    @rule(
        worker_id=st.sampled_from(WORKER_IDS),
        number=st.sampled_from([12] * 9 + [990]),
        first=st.sampled_from([0, 6, 500]),
        state=st.sampled_from(["thinking", "error"]),
    )
    def report_many(self, worker_id: str, number: int, first: int, state: str) -> None:
        held = [session(f"many:{first + index}", state) for index in range(number - 1)]
        self.history.hear(self.history.write(record(worker_id, session(KEYS[0], run_ms=40), *held)))

    # Readings

    @rule(asked_seconds_ago=st.sampled_from([0.0, 0.0, 0.02, 2.0]), is_by_difference=st.booleans())
    def read(self, asked_seconds_ago: float, is_by_difference: bool) -> None:
        self.history.read(asked_seconds_ago=asked_seconds_ago, is_by_difference=is_by_difference)

    @rule(without=st.sets(st.sampled_from(WORKER_IDS), min_size=1), is_by_difference=st.booleans())
    def read_without_some(self, without: set[str], is_by_difference: bool) -> None:
        self.history.read(without=without, is_by_difference=is_by_difference)

    @rule(which=st.sets(st.sampled_from(WORKER_IDS)))
    def lose_what_is_stored(self, which: set[str]) -> None:
        for worker_id in which:
            self.history.stored.pop(worker_id, None)

    # Time, outages and clocks

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: float) -> None:
        self.history.pass_(seconds)

    @rule(is_read=st.booleans())
    def pass_to_deadline(self, is_read: bool) -> None:
        self.history.pass_to_deadline()
        if is_read and not self.history.is_away:
            self.history.settle()
            self.history.read()

    @precondition(lambda self: not self.history.is_away)
    @rule()
    def begin_outage(self) -> None:
        self.history.begin_outage()

    @precondition(lambda self: self.history.is_away)
    @rule()
    def end_outage(self) -> None:
        self.history.end_outage()

    @rule(seconds=st.sampled_from([-70.0, -3.0, 3.0, 70.0]))
    def step_clock(self, seconds: float) -> None:
        self.history.step_clock(seconds)

    # Updates that are interrupted by time

    @rule(
        workers=st.lists(RECORDS, min_size=1, max_size=6),
        steps=st.integers(0, 6),
        seconds=SECONDS,
        is_ended=st.booleans(),
    )
    def interrupt(self, workers: list[WorkerRecord], steps: int, seconds: float, is_ended: bool) -> None:
        for worker in workers:
            self.history.hear(self.history.write(worker))
        self.history.settle(steps=steps, seconds=seconds, is_ended=is_ended)


def _profile(**fields: Any) -> settings:
    return settings(
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        **fields,
    )


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have blocks of keys divided and heaps made again in short histories, too."""
    monkeypatch.setattr(sorted_keys, "BLOCK_KEYS", 3)
    monkeypatch.setattr(deadlines, "SPARE_ENTRIES", 0)


@pytest.mark.timeout(600)
def test_after_each_step_the_rows_are_what_all_reports_make_at_once() -> None:
    run_state_machine_as_test(Folding, settings=_profile(max_examples=70, stateful_step_count=30))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_the_same_in_more_and_longer_histories() -> None:
    run_state_machine_as_test(Folding, settings=_profile(max_examples=300, stateful_step_count=40))
