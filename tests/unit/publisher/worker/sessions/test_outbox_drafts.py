"""A draft that is begun under the lock and finished without it."""

import gc
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from agent_status_publisher.contract.report import SessionState
from agent_status_publisher.worker.sessions.outbox import Outbox
from agent_status_publisher.worker.sessions.run import MAX_OPEN_TOOLS
from tests.unit.publisher.worker.sessions.test_ends import Restless
from tests.unit.publisher.worker.sessions.test_outbox import Desk


class Garbage:
    """An agent's object in a circle, whose finalizer ends a session in the middle of whatever runs."""

    def __init__(self, outbox: Outbox, key: str) -> None:
        self.itself = self
        self._outbox = outbox
        self._key = key

    def __del__(self) -> None:
        self._outbox.end(self._key)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def collecting() -> Iterator[Callable[[int], None]]:
    """A function that lets garbage be collected once so many objects were made. It is fast: older ones are frozen."""
    thresholds = gc.get_threshold()
    gc.freeze()
    try:
        yield gc.set_threshold
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def test_a_change_after_a_draft_was_begun_is_not_in_it_and_is_news(desk: Desk) -> None:
    run = desk.outbox.open("web:1", None)
    assert run
    begun = desk.outbox.begin_draft()
    desk.clock.pass_(3.0)
    desk.outbox.say(run, SessionState.STREAMING)
    desk.outbox.open("web:2", None)
    desk.outbox.end("web:2")
    draft = desk.outbox.finish_draft(begun)
    desk.outbox.confirmed(draft)
    assert [(session.state, session.run_ms) for session in draft.record.sessions] == [(SessionState.THINKING, 0)]
    assert draft.record.ended == ()
    assert desk.outbox.has_news
    assert desk.outbox.confirmed_change < desk.outbox.last_change


def test_a_finalizer_may_change_the_outbox_in_the_middle_of_a_draft(
    desk: Desk, collecting: Callable[[int], None]
) -> None:
    for number in range(100):
        desk.outbox.open(f"ended:{number}", None)
        desk.outbox.end(f"ended:{number}")
        desk.outbox.open(f"open:{number}", None)
    confirmed_too_early = []
    for number in range(100):
        collecting(0)
        gc.collect()
        Garbage(desk.outbox, f"open:{number}")
        collecting(4 * number + 1)  # each time a little later
        draft = desk.outbox.draft()
        collecting(0)
        desk.outbox.confirmed(draft)
        drafted = {session.key for session in draft.record.sessions}
        is_as_drafted = drafted == {run.key for run in desk.outbox.runs()}
        if not is_as_drafted and desk.outbox.confirmed_change == desk.outbox.last_change:
            confirmed_too_early.append(number)
    assert not confirmed_too_early


def test_a_finalizer_may_end_a_tool_while_the_oldest_makes_room(desk: Desk) -> None:
    run = desk.outbox.open("web:1", None)
    assert run
    run.open_tools = cast("Any", Restless)({str(number): "bash" for number in range(MAX_OPEN_TOOLS)})
    run.open_tool("grep", "new", desk.clock())
    assert "new" in run.open_tools
    assert "0" not in run.open_tools
