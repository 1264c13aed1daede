"""Views and change events, checked hard: whatever comes and whoever blocks, each reader folds nothing but the truth."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from agent_status_gateway import tasks
from agent_status_gateway.fanout import audience, audiences, hub
from agent_status_gateway.fanout.events import frames
from agent_status_gateway.state.views import change_log, select
from agent_status_gateway.state.views.fields import FIELD_NAMES
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.wire import SessionRecord, SessionState, WorkerRecord
from tests.model.changes_world import ChangesWorld
from tests.model.random_reports import FIELDS, KEYS, numbers, records, session_of
from tests.model.viewer import Viewer

WORKER_IDS: Final = ["w1", "w2", "w3"]
RECORDS: Final = records(st.sampled_from(WORKER_IDS))
SESSIONS: Final = numbers(FIELDS)
SECONDS: Final = st.sampled_from([0.0, 0.01, 0.3, 0.3, 1.1, 1.1, 7.0, 31.0])
REPLICAS: Final = st.integers(0, 1)
WAITING: Final = frozenset({SessionState.WAITING_FOR_USER, SessionState.ERROR})
WEB: Final = View(channel=frozenset({"web"}))
SOME: Final = View(session=frozenset({"web:1", ":1"}))
TEAM: Final = View(label=frozenset({"team:web"}))
CHILDREN: Final = View(parent=frozenset({"web:1", "web:2"}))
VIEWS: Final = [
    WHOLE,
    WEB,
    View(state=WAITING),
    View(channel=frozenset({"web", "tg"}), state=frozenset({SessionState.THINKING})),
    View(session=frozenset({"web:1"})),
    View(session=frozenset({"web:1", ":1", "nobody's:1"})),
    View(channel=frozenset({"nobody's"})),
    WHOLE.narrowed_to(WEB),
    WHOLE.narrowed_to(SOME),
    View(state=WAITING).narrowed_to(WEB),
    View(session=frozenset({"web:1"})).narrowed_to(WEB),
    View(channel=frozenset({"tg"})).narrowed_to(WEB),  # nothing of its scope
    TEAM,
    View(label=frozenset({"team:web", "model:opus"}), state=WAITING),
    View(label=frozenset({"agent:reviewer"}), channel=frozenset({"web"})),
    CHILDREN,
    CHILDREN.within(TEAM),
    WHOLE.narrowed_to(TEAM),
    WHOLE.narrowed_to(CHILDREN),
    CHILDREN.narrowed_to(TEAM),
    CHILDREN.narrowed_to(WEB),
    View(parent=frozenset({"tg:1"})).narrowed_to(WEB),
    WHOLE.with_fields(FIELD_NAMES),
    WHOLE.with_fields(("waiting_for",)),
    TEAM.with_fields(("cost_usd", "worker_id")),
    WHOLE.with_fields(("parent", "host")).narrowed_to(WEB),
    View(state=WAITING).with_fields(("parent", "labels")).narrowed_to(TEAM),
    WHOLE.with_ended(10),
    WHOLE.with_stalled(5),
]
ENDING: Final = [
    WHOLE.with_ended(3600),
    WHOLE.with_ended(3600).with_fields(("parent",)),
    View(state=WAITING).with_ended(60),
    WEB.with_ended(900),
    SOME.with_ended(900),
    TEAM.with_ended(900),
    CHILDREN.with_ended(900),
    WHOLE.with_ended(900).narrowed_to(WEB),
    WHOLE.with_ended(900).narrowed_to(TEAM),
    CHILDREN.with_ended(900).narrowed_to(TEAM),
    CHILDREN.with_ended(900).narrowed_to(WEB),
]
"""Views that tell which sessions have ended."""


class Changing(RuleBasedStateMachine):
    """One example is a history of what reaches two replicas, and of those who read them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ChangesWorld(replicas=2)

    def teardown(self) -> None:
        try:
            self.world.settle()
            self.world.check_that_nothing_is_left()
        finally:
            self.world.close()

    # Reports

    @rule(worker=RECORDS)
    def report(self, worker: WorkerRecord) -> None:
        self.world.hear(self.world.write(worker))

    @precondition(lambda self: self.world.stored)
    @rule(which=st.integers(0, 2), number=SESSIONS, ends=st.sampled_from([None, None, *KEYS]))
    def change_one(self, which: int, number: int, ends: str | None) -> None:
        self.world.hear(self.world.write_again(self.worker(which), session_of(number), ends=ends))

    @precondition(lambda self: self.world.stored)
    @rule(
        which=st.integers(0, 2),
        index=st.integers(0, 4),
        name=st.sampled_from(
            ["state", "state", "tool", "title", "input_tokens", "changed_ms", "details", "details", "called_ms"]
        ),
        to=SESSIONS,
    )
    def change_one_field(self, which: int, index: int, name: str, to: int) -> None:
        """Report one session as it was, but for its state, its title, the moment at which it began, …"""
        self.world.hear(self.changed(which, index, **{name: getattr(session_of(to), name)}))

    @precondition(lambda self: self.world.stored)
    @rule(which=st.integers(0, 2), index=st.integers(0, 4), title=st.booleans(), turns=st.integers(0, 9))
    def go_and_come_back(self, which: int, index: int, *, title: bool, turns: int) -> None:
        """Change a session's state, and then back, maybe with another title and a state that began again."""
        held = self.held(which)
        if held:
            before = held[index % len(held)]
            other = SessionState.STREAMING if before.state is not SessionState.STREAMING else SessionState.THINKING
            self.world.hear(self.changed(which, index, state=other, changed_ms=0))
            self.world.turn(turns)
            back: dict[str, Any] = {"title": "back", "changed_ms": 0} if title else {}
            self.world.hear(self.changed(which, index, state=before.state, **back))

    @precondition(lambda self: self.world.stored)
    @rule(which=st.integers(0, 2))
    def beat(self, which: int) -> None:
        self.world.hear(self.world.write_again(self.worker(which)))

    def worker(self, which: int) -> str:
        stored = sorted(self.world.stored)
        return stored[which % len(stored)]

    def held(self, which: int) -> tuple[SessionRecord, ...]:
        return tuple(self.world.stored[self.worker(which)].decode().record.sessions)

    def changed(self, which: int, index: int, **fields: Any) -> Any:
        held = self.held(which)
        some = [held[index % len(held)]._replace(**fields)] if held else []
        # No call comes long after the report that tells of it: readers cannot age what has not been yet.
        some = [one._replace(called_ms=min(one.called_ms, one.changed_ms + 30)) for one in some]
        return self.world.write_again(self.worker(which), *some)

    # Readings, outages and time

    @rule()
    def read(self) -> None:
        self.world.read()

    @rule(which=REPLICAS)
    def lose_or_find_the_feed(self, which: int) -> None:
        if self.world.replicas[which].is_away:
            self.world.find_the_feed(which)
        else:
            self.world.lose_the_feed(which)

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: float) -> None:
        self.world.pass_(seconds)

    @rule(seconds=SECONDS)
    def pass_time_and_rest(self, seconds: float) -> None:
        self.world.pass_(seconds)
        self.world.rest()

    @rule(turns=st.integers(1, 12))
    def turn(self, turns: int) -> None:
        self.world.turn(turns)

    @rule()
    def settle(self) -> None:
        self.world.settle()

    # Readers

    @rule(
        view=st.sampled_from(VIEWS),
        wants_changes=st.sampled_from([True, True, False]),
        wants_feed=st.booleans(),
        which=REPLICAS,
    )
    def join(self, view: View, *, wants_changes: bool, wants_feed: bool, which: int) -> None:
        self.world.join(view, wants_changes=wants_changes, wants_feed=wants_feed, which=which)

    @rule(view=st.sampled_from(VIEWS + ENDING), which=REPLICAS)
    def ask(self, view: View, which: int) -> None:
        self.world.ask(view, which)

    @precondition(lambda self: self.world.viewers)
    @rule(who=st.integers(0, 9), which=REPLICAS)
    def reconnect(self, who: int, which: int) -> None:
        self.world.reconnect(self.viewer(who), which)

    @precondition(lambda self: self.world.viewers)
    @rule(which=st.integers(0, 9))
    def leave(self, which: int) -> None:
        self.world.leave(self.viewer(which))

    @precondition(lambda self: self.world.viewers)
    @rule(which=st.integers(0, 9), after=st.sampled_from([0, 0, 1, 2]))
    def block(self, which: int, after: int) -> None:
        viewer = self.viewer(which)
        viewer.blocks_after = after
        viewer.is_blocked = viewer.is_blocked or after == 0

    @precondition(lambda self: self.world.viewers)
    @rule(which=st.integers(0, 9), after=st.sampled_from([None, None, 1, 2]))
    def unblock(self, which: int, after: int | None) -> None:
        viewer = self.viewer(which)
        viewer.blocks_after = after
        viewer.unblock()

    def viewer(self, which: int) -> Viewer:
        return self.world.viewers[which % len(self.world.viewers)]


class Ending(Changing):
    """A history of what reaches two replicas, and of those who ask which sessions have ended."""

    @rule(
        view=st.sampled_from(ENDING),
        wants_changes=st.sampled_from([True, True, False]),
        wants_feed=st.booleans(),
        which=REPLICAS,
    )
    def join(self, view: View, *, wants_changes: bool, wants_feed: bool, which: int) -> None:
        self.world.join(view, wants_changes=wants_changes, wants_feed=wants_feed, which=which)


def profile(**fields: Any) -> settings:
    """How long and how often histories are tried."""
    return settings(
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        **fields,
    )


@pytest.fixture(autouse=True)
def small_steps() -> Iterator[None]:
    """Have all that is done in steps done in many, in short histories and with few clients, too."""
    with ExitStack() as stack:
        for module, name, value in (
            (tasks, "STEP_SECONDS", -1.0),
            (audiences, "STEP_ROWS", 1),
            (audience, "SHORT_ROWS", 2),
            (select, "STEP_ROWS", 2),
            (frames, "STEP_ROWS", 2),
            (hub, "STEP_CLIENTS", 1),
            (change_log, "MAX_LOGGED_KEYS", 4),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


@pytest.mark.timeout(600)
def test_what_a_reader_has_folded_is_always_a_truth_and_at_last_the_newest() -> None:
    run_state_machine_as_test(Changing, settings=profile(max_examples=100, stateful_step_count=30))


@pytest.mark.timeout(600)
def test_it_is_the_same_for_readers_who_ask_which_sessions_have_ended() -> None:
    run_state_machine_as_test(Ending, settings=profile(max_examples=100, stateful_step_count=30))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_the_same_in_more_and_longer_histories() -> None:
    for machine in (Changing, Ending):
        run_state_machine_as_test(machine, settings=profile(max_examples=600, stateful_step_count=50))
