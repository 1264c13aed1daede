"""The protocol, checked hard: whatever befalls workers, Redis and replicas, all is right a heartbeat later."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from agent_status_publisher.contract.wire import SessionState
from agent_status_publisher.settings import Settings
from tests.model.simulated_worker import Fate, SimulatedWorker
from tests.model.world import STEP_SECONDS, World

T = TypeVar("T")

KEYS: Final = st.sampled_from(["web:1", "web:2", "web:3"])
STATES: Final = st.sampled_from([SessionState.THINKING, SessionState.STREAMING, SessionState.WAITING_FOR_USER])
WHICH: Final = st.integers(0, 5)
TERMS: Final = st.sampled_from(
    [
        Settings(namespace="model"),
        Settings(namespace="model", heartbeat_seconds=5, lease_seconds=10, error_ttl_seconds=8),
        Settings(namespace="model", heartbeat_seconds=1, lease_seconds=3, error_ttl_seconds=5),
        Settings(namespace="model", heartbeat_seconds=0.5, lease_seconds=20, error_ttl_seconds=0),
    ]
)
CLOCK_STEPS: Final = st.sampled_from([-70.0, -20.0, -3.0, 3.0, 20.0, 70.0])
MAX_WORKERS: Final = 4
MAX_REPLICAS: Final = 3


class Protocol(RuleBasedStateMachine):
    """One example is a history of steps; at its end faults stop, and what is shown must come to be true."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.tool_number = 0

    @initialize(workers=st.lists(TERMS, min_size=1, max_size=2))
    def begin(self, workers: list[Settings]) -> None:
        for terms in workers:
            self.world.start_worker(terms)
        for _ in range(2):
            self.world.start_replica()
        self.world.pass_(1.0)

    def teardown(self) -> None:
        self.world.end()

    @property
    def live(self) -> list[SimulatedWorker]:
        return [worker for worker in self.world.workers if worker.is_live]

    def step(self) -> None:
        self.world.pass_(STEP_SECONDS)

    # Time

    @rule(seconds=st.sampled_from([0.1, 0.4, 1.2]))
    def pass_moments(self, seconds: float) -> None:
        self.world.pass_(seconds)

    @rule(seconds=st.sampled_from([3.1, 5.3, 11.0, 30.0]))
    def pass_heartbeats(self, seconds: float) -> None:
        self.world.pass_(seconds)

    # What agents do

    @precondition(lambda self: self.live)
    @rule(which=WHICH, key=KEYS, state=STATES)
    def set_state(self, which: int, key: str, state: SessionState) -> None:
        _pick(self.live, which).set_state(key, state, None)
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH, key=KEYS)
    def run_tool(self, which: int, key: str) -> None:
        """Its name is new, so a state that is shown is known from every earlier one."""
        self.tool_number += 1
        _pick(self.live, which).set_state(key, SessionState.TOOL_RUNNING, f"tool {self.tool_number}")
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH, key=KEYS)
    def fail(self, which: int, key: str) -> None:
        _pick(self.live, which).fail(key, "boom")
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH, key=KEYS)
    def end_session(self, which: int, key: str) -> None:
        _pick(self.live, which).end(key)
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH)
    def do_much(self, which: int) -> None:
        _pick(self.live, which).do_much(70)
        self.step()

    @precondition(lambda self: len(self.live) > 1)
    @rule(which=WHICH, other=WHICH, key=KEYS, end=st.sampled_from(["ends", "leaves", "dies", "asks", "goes on"]))
    def answer_elsewhere(self, which: int, other: int, key: str, end: str) -> None:
        asker, answerer = _pick(self.live, which), _pick(self.live, other)
        asker.set_state(key, SessionState.WAITING_FOR_USER, None)
        self.world.pass_(0.3)
        answerer.set_state(key, SessionState.THINKING, None)
        self.world.pass_(0.3)
        if end == "ends":
            answerer.end(key)
        elif end == "leaves":
            answerer.leave()
        elif end == "dies":
            answerer.die()
        elif end == "asks":
            answerer.set_state(key, SessionState.WAITING_FOR_USER, None)
        self.step()

    @precondition(lambda self: len(self.live) < MAX_WORKERS)
    @rule(terms=TERMS)
    def start_worker(self, terms: Settings) -> None:
        self.world.start_worker(terms)

    @precondition(lambda self: self.live)
    @rule(which=WHICH)
    def leave(self, which: int) -> None:
        _pick(self.live, which).leave()
        self.step()

    # What befalls workers

    @precondition(lambda self: self.live)
    @rule(which=WHICH)
    def crash_worker(self, which: int) -> None:
        _pick(self.live, which).die()
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH)
    def freeze_or_thaw_worker(self, which: int) -> None:
        worker = _pick(self.live, which)
        if worker.is_frozen:
            worker.thaw()
        else:
            worker.freeze()
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH)
    def cut_or_heal_worker(self, which: int) -> None:
        link = _pick(self.live, which).link
        if link.is_cut:
            link.heal()
        else:
            link.is_cut = True
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH, fate=st.sampled_from(Fate), seconds=st.sampled_from([0.02, 0.5, 2.5, 7.0, 25.0]))
    def decide_next_request(self, which: int, fate: Fate, seconds: float) -> None:
        worker = _pick(self.live, which)
        worker.fate, worker.fate_seconds = fate, seconds

    # What befalls Redis

    @rule(upset=st.sampled_from(["wipe", "fail over", "replicate", "step"]), seconds=CLOCK_STEPS)
    def upset(self, upset: str, seconds: float) -> None:
        """One rule for all: after most of them nothing certain is known of workers that are gone by then."""
        if upset == "wipe":
            self.world.wipe()
        elif upset == "fail over":
            self.world.fail_over()
        elif upset == "replicate":
            self.world.redis.replicate()
        else:
            self.world.step_clock(seconds)

    @rule()
    def refuse_or_take_writes(self) -> None:
        self.world.redis.takes_writes ^= True
        self.step()

    @rule()
    def mute_or_unmute(self) -> None:
        self.world.redis.is_mute ^= True
        self.step()

    # What befalls replicas

    @precondition(lambda self: sum(not replica.is_dead for replica in self.world.replicas) < MAX_REPLICAS)
    @rule()
    def start_replica(self) -> None:
        self.world.start_replica()

    @rule(which=WHICH)
    def crash_replica(self, which: int) -> None:
        _pick(self.world.replicas, which).die()
        self.step()

    @rule(which=WHICH)
    def freeze_or_thaw_replica(self, which: int) -> None:
        replica = _pick(self.world.replicas, which)
        if replica.is_frozen:
            replica.thaw()
        else:
            replica.freeze()
        self.step()

    @precondition(lambda self: self.live)
    @rule(which=WHICH, worker=WHICH, fault=st.sampled_from(["crash", "cut", "none"]), seconds=st.sampled_from([20, 8]))
    def stop_replica_while(self, which: int, worker: int, fault: str, seconds: float) -> None:
        """Reports wait in its socket, and then their worker has no more."""
        replica, reporter = _pick(self.world.replicas, which), _pick(self.live, worker)
        reporter.set_state("web:3", SessionState.STREAMING, None)
        replica.freeze()
        self.world.pass_(5.3)
        if fault == "crash":
            reporter.die()
        elif fault == "cut":
            reporter.link.is_cut = True
        self.world.pass_(seconds)
        replica.thaw()
        self.world.calm_redis()

    @precondition(lambda self: self.live)
    @rule(which=WHICH, worker=WHICH, seconds=CLOCK_STEPS)
    def step_clock_after_a_word_that_nobody_heard(self, which: int, worker: int, seconds: float) -> None:
        self.world.redis.is_mute = True
        _pick(self.live, worker).fail("web:1", "boom")
        self.world.pass_(0.2)
        self.world.step_clock(seconds)
        _pick(self.world.replicas, which).want_reading()
        self.step()

    @precondition(lambda self: self.live)
    @rule(worker=WHICH, seconds=st.sampled_from([0.05, 1.2]))
    def fail_over_to_what_was_before_a_word(self, worker: int, seconds: float) -> None:
        self.world.redis.replicate()
        _pick(self.live, worker).fail("web:2", "boom")
        self.world.pass_(seconds)
        self.world.fail_over()

    @rule(which=WHICH)
    def cut_or_heal_replica(self, which: int) -> None:
        link = _pick(self.world.replicas, which).link
        if link.is_cut:
            link.heal()
        else:
            link.is_cut = True
        self.step()

    @rule(which=WHICH)
    def look(self, which: int) -> None:
        """A client joins."""
        replica = _pick(self.world.replicas, which)
        if replica.first_read_at is not None and not replica.is_frozen and not replica.is_dead:
            replica.snapshot()

    # Faults stop

    @rule()
    def calm_redis(self) -> None:
        self.world.calm_redis()

    @rule()
    def calm(self) -> None:
        self.world.calm()


def _pick(what: Sequence[T], which: int) -> T:
    return what[which % len(what)]


def _profile(**fields: Any) -> settings:
    return settings(
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        **fields,
    )


def test_a_heartbeat_after_faults_stop_every_replica_shows_what_the_workers_do() -> None:
    run_state_machine_as_test(Protocol, settings=_profile(max_examples=120, stateful_step_count=40, derandomize=True))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_is_the_same_in_more_and_longer_histories() -> None:
    run_state_machine_as_test(Protocol, settings=_profile(max_examples=1000, stateful_step_count=60, derandomize=True))
