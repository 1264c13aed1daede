"""Sessions that stall without any report, and go on: who is told when, and that others are not told at all."""

import asyncio
from typing import Any, Final

import orjson
import pytest

from agent_status_gateway.state.steps import at_once as steps_at_once
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import reading, session
from tests.support.builders.held import Held, turns
from tests.support.builders.lines import Listener, at_once
from tests.support.builders.viewing import Middle, channel

ASKS: Final = WHOLE.with_stalled(60)


def working(
    key: str = "web:1", *, since: float, called_at: float, now: float, state: str = "thinking"
) -> SessionRecord:
    """A session that is in its state since a moment, and whose agent called last at another."""
    age_ms, called_ms = round(1000 * (now - since)), round(1000 * (called_at - since))
    return session(key, state, changed_ms=age_ms, run_ms=age_ms, called_ms=called_ms)


class Watched(Middle):
    """A middle with an agent that thinks since 0. Its last call was at 0, too."""

    def __init__(self) -> None:
        super().__init__()
        self.beat()

    def beat(self, *, called_at: float = 0.0, worker_id: str = "w1", **fields: Any) -> None:
        """Have the worker report, and look at it."""
        now = self.clock()
        self.put(working(since=0.0, called_at=called_at, now=now), worker_id=worker_id, **fields)
        self.look()

    def pass_to(self, moment: float) -> None:
        """Let time pass, do what is due then, and send."""
        self.clock.now = moment
        if not self.settling.is_settled:
            self.look()
        self.send()

    def send(self) -> None:
        while (due := self.audiences.take_due(self.clock())) is not None:
            at_once(self.sending._send(due))

    def asked(self, view: View = ASKS) -> dict[str, bool]:
        """What the JSON endpoint would say."""
        frame = self.settling.frame_at_once(view)
        assert frame is not None
        return {row["session_key"]: row["stalled"] for row in orjson.loads(b"".join(frame.json))["sessions"]}


def told(listener: Listener) -> list[tuple[str, dict[str, bool]]]:
    """The kinds of the events, each with what its rows say."""
    found = []
    for event in listener.taken():
        name, data, *_ = event.decode().split("\n")
        rows = orjson.loads(data.removeprefix("data: "))["sessions"]
        found.append((name.removeprefix("event: "), {row["session_key"]: row["stalled"] for row in rows}))
    return found


def test_a_reader_of_changes_is_told_when_a_session_stalls_and_when_a_call_ends_it() -> None:
    middle = Watched()
    reader, other = middle.join(ASKS, wants_changes=True), middle.join(channel("web"), wants_changes=True)
    middle.pass_to(59.9)
    assert told(reader) == []
    middle.pass_to(60.0)
    assert told(reader) == [("change", {"web:1": True})]
    middle.clock.now = 75.0
    middle.beat(called_at=74.0)
    middle.send()
    assert told(reader) == [("change", {"web:1": False})]
    middle.pass_to(134.0)
    assert told(reader) == [("change", {"web:1": True})]
    assert other.taken() == [], "it did not ask"


def test_a_reader_of_snapshots_is_told_at_the_close_of_the_window() -> None:
    middle = Watched()
    middle.pass_to(2.0)
    reader, other = middle.join(ASKS), middle.join(channel("web"))
    for moment, events in ((60.0, []), (60.9, []), (61.0, [("status", {"web:1": True})])):
        middle.pass_to(moment)
        assert told(reader) == events
    assert other.taken() == []


def test_a_stall_that_a_call_ends_inside_the_window_is_told_to_no_reader_of_snapshots() -> None:
    middle = Watched()
    middle.pass_to(2.0)
    reader = middle.join(ASKS)
    middle.pass_to(60.0)
    middle.clock.now = 60.5
    middle.beat(called_at=60.4)
    middle.pass_to(61.0)
    assert told(reader) == []


def test_a_held_poll_is_released_when_a_session_stalls() -> None:
    async def run() -> None:
        middle = Watched()
        middle.join(ASKS, wants_changes=True)
        held = Held(middle.hub, frozenset({middle.audiences.of(ASKS).rows.id}), view=ASKS)
        for moment, answers in ((59.0, 0), (60.0, 0), (61.0, 1)):
            middle.clock.now = moment
            await middle.sending._look_again()
            while (due := middle.audiences.take_due(moment)) is not None:
                await middle.sending._send(due)
            await turns()
            assert held.answers == answers

    asyncio.run(run())


def test_a_report_that_repeats_the_one_before_is_not_a_call() -> None:
    middle = Watched()
    middle.join(ASKS, wants_changes=True)
    for moment in (5.0, 30.0, 59.0):
        middle.clock.now = moment
        middle.beat()
    middle.pass_to(60.0)
    assert middle.asked() == {"web:1": True}
    middle.clock.now = 60.05
    middle.beat()
    assert middle.asked() == {"web:1": True}


@pytest.mark.parametrize("called_at", [0.9, 0.2])
def test_a_call_ends_a_stall_however_soon_after_the_one_before_it_came(called_at: float) -> None:
    middle = Watched()
    view = WHOLE.with_stalled(1)
    reader = middle.join(view, wants_changes=True)
    middle.pass_to(1.0)
    assert told(reader) == [("change", {"web:1": True})]
    middle.clock.now = 1.05
    middle.beat(called_at=called_at)
    assert middle.asked(view) == {"web:1": False}


def test_two_numbers_of_seconds_are_two_views() -> None:
    middle = Watched()
    readers = [middle.join(WHOLE.with_stalled(seconds), wants_changes=True) for seconds in (60, 70)]
    middle.pass_to(60.0)
    assert [len(told(reader)) for reader in readers] == [1, 0]
    middle.pass_to(70.0)
    assert [len(told(reader)) for reader in readers] == [0, 1]
    assert len(middle.audiences) == 2


def test_it_is_one_part_of_a_view_beside_its_filters_fields_and_scope() -> None:
    middle = Watched()
    view = channel("web").with_fields(("worker_id",)).with_stalled(60).narrowed_to(channel("web", "ci"))
    reader = middle.join(view, wants_changes=True)
    middle.put(working("ops:1", since=0.0, called_at=0.0, now=0.0), worker_id="w2")
    middle.look()
    middle.pass_to(60.0)
    assert told(reader) == [("change", {"web:1": True})]


@pytest.mark.parametrize("is_open", [False, True])
def test_an_answer_says_what_is_true_of_its_moment_whether_or_not_somebody_reads_the_view(is_open: bool) -> None:
    middle = Watched()
    if is_open:
        middle.join(ASKS)
    for moment, is_stalled in ((59.0, False), (60.0, True), (80.0, True)):
        middle.clock.now = moment
        assert middle.asked() == {"web:1": is_stalled}


def test_the_tag_of_an_answer_is_another_one_once_a_session_has_stalled() -> None:
    middle, ids = Watched(), []
    for moment in (0.0, 59.0, 60.0, 80.0):
        middle.clock.now = moment
        ids.append((at_once(middle.settling.snapshot_id(ASKS)), at_once(middle.settling.snapshot_id())))
    assert len({one for one, _ in ids}) == 2
    assert ids[0][0] == ids[1][0]
    assert ids[2][0] == ids[3][0]
    assert len({plain for _, plain in ids}) == 1


# stalled_rows: Rule 1
@pytest.mark.parametrize("is_open", [False, True])
def test_nothing_stalls_while_the_feed_is_lost_and_what_has_not_called_since_stalls_once_it_is_back(
    is_open: bool,
) -> None:
    middle = Watched()
    if is_open:
        middle.join(ASKS, wants_changes=True)
    middle.clock.now = 50.0
    middle.fleet.outage_began(50.0)
    middle.clock.now = 100.0
    assert middle.asked() == {"web:1": False}
    middle.fleet.outage_ended(100.0, 50.0)
    steps_at_once(middle.settling.read(reading(at=100.0), 100.0, 100.0))
    assert middle.asked() == {"web:1": True}


def test_a_session_that_stalled_before_the_feed_was_lost_stays_so() -> None:
    middle = Watched()
    middle.clock.now = 70.0
    middle.fleet.outage_began(70.0)
    middle.clock.now = 500.0
    assert middle.asked() == {"web:1": True}


def test_a_session_of_a_lost_worker_does_not_work_and_is_not_stalled() -> None:
    middle = Watched()
    reader = middle.join(ASKS, wants_changes=True)
    middle.clock.now = 55.0
    middle.beat()
    middle.pass_to(60.0)
    assert told(reader) == [("change", {"web:1": True})]
    middle.clock.now = 71.0
    steps_at_once(middle.settling.read(reading(at=71.0, same=middle.fleet.known_reports()), 71.0, 71.0))
    middle.send()
    assert [row.shown.error for row in middle.audiences.of(ASKS).rows] == ["worker lost"]
    assert told(reader) == [("change", {"web:1": False})]


def test_of_a_session_in_several_workers_the_calls_of_the_run_that_is_shown_count() -> None:
    middle = Watched()
    middle.join(ASKS, wants_changes=True)
    middle.pass_to(60.0)
    middle.put(working(since=50.0, called_at=55.0, now=60.0), worker_id="w2")
    middle.look()
    assert middle.asked() == {"web:1": False}, "the newer run"
    middle.put(worker_id="w2")
    middle.look()
    assert middle.asked() == {"web:1": True}, "the older one again"
    assert middle.audiences.next_stall == float("inf")


def test_a_session_that_waits_is_not_stalled_and_one_that_works_again_has_called() -> None:
    middle = Watched()
    middle.join(ASKS, wants_changes=True)
    middle.pass_to(60.0)
    for state, moment in (("waiting_for_user", 61.0), ("streaming", 200.0)):
        middle.clock.now = moment
        middle.show(working(since=moment, called_at=moment, now=moment, state=state))
        assert middle.asked() == {"web:1": False}
    middle.pass_to(260.0)
    assert middle.asked() == {"web:1": True}


def test_nothing_is_looked_for_where_nobody_asks_and_nothing_is_kept_of_who_has_asked() -> None:
    middle = Watched()
    plain = middle.join(channel("web"), wants_changes=True)
    rows = middle.settling.current.rows
    assert (rows.notes_each_call, middle.audiences.next_stall) == (False, float("inf"))
    reader = middle.join(ASKS, wants_changes=True)
    assert (rows.notes_each_call, middle.audiences.next_stall) == (True, 60.0)
    reader.client.closed()
    assert (rows.notes_each_call, middle.audiences.next_stall) == (False, float("inf"))
    assert not middle.audiences._stalling
    middle.clock.now = 61.0
    assert middle.settling.current.next_deadline(20.0) != 60.0
    assert plain.taken() == []


def test_the_loop_that_sends_is_woken_when_a_view_with_a_nearer_stall_is_opened() -> None:
    middle = Watched()
    middle.settling.has_earlier.clear()
    middle.join(channel("web"))
    assert not middle.settling.has_earlier.is_set()
    middle.join(ASKS)
    assert middle.settling.has_earlier.is_set()
    assert middle.settling.current.next_deadline(20.0) == 60.0


def test_many_sessions_that_stall_in_one_instant_are_noted_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_status_gateway.fanout.audiences.STEP_ROWS", 2)
    middle = Watched()
    middle.join(ASKS)
    middle.show(*(working(f"web:{number}", since=0.0, called_at=0.0, now=0.0) for number in range(5)))
    middle.clock.now = 60.0
    steps = middle.settling.current.look()
    assert len([*steps]) == 3, "one for their worker, which is overdue, and two for them"
    assert set(middle.asked().values()) == {True}


def test_after_a_defect_the_views_are_filled_again_and_say_what_has_stalled() -> None:
    middle = Watched()
    middle.join(ASKS, wants_changes=True)
    middle.settling.current.begin_again()
    assert middle.audiences.next_stall == float("inf")
    middle.clock.now = 61.0
    middle.look()
    assert middle.asked() == {"web:1": True}
