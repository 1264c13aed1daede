"""When the inbox is read, and what is sent to whom."""

import asyncio
from unittest.mock import patch

import pytest

from agent_status_gateway.pipeline.sending import BEAT_SECONDS
from agent_status_gateway.state.steps import at_once as steps_at_once
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.wire import RawReport
from chaos.workers.reports import session
from tests.support.builders.lines import at_once
from tests.support.builders.viewing import Middle, channel

WEB = channel("web")


def send_due(middle: Middle) -> None:
    while (due := middle.audiences.take_due(middle.clock())) is not None:
        at_once(middle.sending._send(due))


def in_a_window(*, report_seconds: float) -> Middle:
    """A middle in whose window, until 1.0, nothing has come yet; reading a report takes this long."""
    middle = Middle()
    middle.show(session("web:1"))
    middle.sending._report_seconds = report_seconds
    return middle


async def turns_of_the_loop() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def kinds(events: list[bytes]) -> list[str]:
    return [event.split(b"\n")[0].decode().removeprefix("event: ") for event in events]


# sending: Rule 1
def test_while_all_is_quiet_reports_are_read_at_once() -> None:
    middle = Middle()
    assert middle.sending.reads_at(5.0) == 5.0


# sending: Rule 1
def test_while_a_window_is_open_reports_wait_for_its_close() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    assert middle.sending.reads_at(0.5) == 1.0
    assert middle.sending.reads_at(1.0) == 1.0


# sending: Rule 1
def test_where_a_view_is_quiet_the_inbox_is_read_once_a_beat() -> None:
    middle = Middle()
    middle.join(WEB, wants_changes=True)
    middle.clock.pass_(5.0)
    middle.show(session("ci:1"))  # opens the window of the whole snapshot, not the view's
    assert middle.sending.reads_at(5.0) == 5.0 + BEAT_SECONDS
    assert middle.sending.reads_at(6.5) == 6.5


def test_a_full_inbox_is_read_at_once() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    middle.settling.inbox._waiting_bytes = 1 << 30
    assert middle.sending.reads_at(0.5) == 0.5


# sending: Rule 2
def test_the_more_reports_wait_the_longer_before_the_close_they_are_read() -> None:
    middle = in_a_window(report_seconds=0.002)
    leads = []
    for number in range(300):
        leads.append(round(1.0 - middle.sending.reads_at(0.1), 9))
        middle.put(session(f"web:{number}"), worker_id=f"w{number}")
    assert (leads[0], leads[3], leads[4], leads[102]) == (0.0, 0.0, 0.01, 0.3)
    assert leads[-1] == 0.5, "half a window at most"


# sending: Rule 2
def test_reports_that_take_long_are_read_before_the_close_and_so_are_those_that_come_then() -> None:
    async def scenario() -> None:
        middle = in_a_window(report_seconds=0.002)
        loop = asyncio.create_task(middle.sending.send_when_due())
        await asyncio.sleep(0)
        for number in range(100):
            middle.put(session(f"web:{number}"), worker_id=f"w{number}")
        for moment, is_read in ((0.69, False), (0.71, True)):
            middle.clock.now = moment
            middle.settling.has_earlier.set()
            await turns_of_the_loop()
            assert (not middle.settling.inbox) is is_read
        for number in range(22):
            middle.put(session(f"ci:{number}"), worker_id=f"w{number}")
        assert middle.sending.reads_at(0.71) == pytest.approx(1.0 - 0.06)
        loop.cancel()

    asyncio.run(scenario())


def test_the_loop_that_waits_looks_again_when_it_is_first_asked_to_and_not_before() -> None:
    async def scenario() -> list[float]:
        middle = Middle()
        asked: list[float] = []
        loop = asyncio.get_running_loop()
        with patch.object(loop, "call_later", side_effect=lambda seconds, _: asked.append(seconds)):
            middle.sending.look_by(0.0)
            assert not asked, "it does not wait yet"
            waits = asyncio.create_task(middle.sending.send_when_due())
            await turns_of_the_loop()
            assert not asked, "nothing is due"
            for moment in (0.5, 0.6, 0.2504, 0.3):
                middle.sending.look_by(moment)
            waits.cancel()
            await asyncio.wait([waits])
            middle.sending.look_by(0.1)
        return asked

    assert asyncio.run(scenario()) == [0.5, 0.251], "in whole milliseconds, and not too early"


# sending: Rule 2
def test_how_long_a_report_takes_is_found_when_many_are_read() -> None:
    async def scenario() -> None:
        middle = Middle()
        middle.show(session("web:1"))
        hear = middle.fleet.hear

        def hear_slowly(raw: RawReport, now: float) -> bool:
            middle.clock.pass_(0.004)
            return hear(raw, now)

        with patch.object(middle.fleet, "hear", hear_slowly):
            for count in (2, 50):
                for number in range(count):
                    middle.put(session(f"web:{number}"), worker_id=f"w{number}")
                await middle.sending._look_again()
                assert middle.sending._report_seconds == pytest.approx(0.0 if count == 2 else 0.004)

    asyncio.run(scenario())


def test_readers_of_changes_get_the_first_change_at_once_and_the_next_at_the_end_of_the_window() -> None:
    middle = Middle()
    changes, whole = middle.join(WEB, wants_changes=True), middle.join(WEB)
    middle.show(session("web:1"))
    send_due(middle)
    assert (kinds(changes.taken()), kinds(whole.taken())) == (["change"], [])
    middle.clock.pass_(0.4)
    middle.show(session("web:1", "streaming"))
    send_due(middle)
    assert (kinds(changes.taken()), kinds(whole.taken())) == ([], [])
    middle.clock.pass_(0.6)
    send_due(middle)
    assert (kinds(changes.taken()), kinds(whole.taken())) == (["change"], ["status"])


def test_a_change_that_went_away_again_is_sent_to_nobody_and_begins_no_window() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    changes = middle.join(WEB, wants_changes=True)
    middle.show(session("web:1", "streaming"))
    send_due(middle)
    changes.taken()
    middle.show(session("web:1"))
    middle.show(session("web:1", "streaming"))
    middle.clock.pass_(1.0)
    send_due(middle)
    assert changes.taken() == []
    middle.clock.pass_(0.1)
    middle.show(session("web:1"))
    send_due(middle)
    assert kinds(changes.taken()) == ["change"], "at once: nothing was sent at the end of the window"


def test_a_window_that_closes_for_readers_of_snapshots_alone_begins_none_for_readers_of_changes() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    changes, whole = middle.join(WEB, wants_changes=True), middle.join(WEB)
    whole.client._written_id = "of long ago"
    middle.show(session("web:1", "streaming"))
    middle.show(session("web:1"))
    middle.clock.pass_(1.0)
    send_due(middle)
    assert (kinds(changes.taken()), kinds(whole.taken())) == ([], ["status"])
    assert middle.audiences.of(WEB).cadence.wanted_from <= 1.0


def test_only_the_views_that_have_changed_are_sent() -> None:
    middle = Middle()
    web, ci = middle.join(WEB, wants_changes=True), middle.join(channel("ci"), wants_changes=True)
    middle.show(session("web:1"))
    send_due(middle)
    assert (len(web.taken()), len(ci.taken())) == (1, 0)


def test_a_view_without_readers_of_snapshots_makes_no_snapshot() -> None:
    middle = Middle()
    middle.join(WEB, wants_changes=True)
    before = middle.settling._metrics.frames._value.get()
    middle.show(session("web:1"))
    send_due(middle)
    assert middle.settling._metrics.frames._value.get() == before + 1, "the change"


# sending: Rule 3
def test_who_joins_while_an_update_is_made_gets_it_too() -> None:
    async def scenario() -> None:
        middle = Middle()
        middle.join(WEB)
        middle.show(session("web:1"))
        middle.clock.pass_(1.0)
        audience = middle.audiences.take_due(1.0)
        while audience is not None and audience.view != WEB:
            await middle.sending._send(audience)
            audience = middle.audiences.take_due(1.0)
        assert audience is not None
        await middle.settling.lock.acquire()
        sending = asyncio.create_task(middle.sending._send(audience))
        await asyncio.sleep(0)
        late = middle.join(WEB)
        late.client._written_id = "of long ago"
        middle.settling.lock.release()
        await sending
        assert kinds(late.taken()) == ["status"]

    asyncio.run(scenario())


def test_a_start_again_sends_what_is_now_to_everybody() -> None:
    async def scenario() -> None:
        middle = Middle()
        views: list[View] = [WHOLE, WEB]
        listeners = [middle.join(view, wants_changes=changes) for view in views for changes in (False, True)]
        middle.put(session("web:1"))
        middle.settling.current.begin_again()
        loop = asyncio.create_task(middle.sending.send_when_due())
        while not all(listener.transport.chunks for listener in listeners):  # noqa: ASYNC110 - our loop goes on
            await asyncio.sleep(0)
        loop.cancel()
        assert [kinds(listener.taken()) for listener in listeners] == [["status"]] * 4

    asyncio.run(scenario())


def test_a_client_that_was_blocked_is_served_by_the_loop_for_those_who_wait() -> None:
    async def scenario() -> None:
        middle = Middle()
        changes = middle.join(WEB, wants_changes=True)
        changes.block()
        middle.show(session("web:1"))
        send_due(middle)
        middle.show(session("web:1", "streaming"), session("web:2"))
        changes.unblock()
        loop = asyncio.create_task(middle.sending.serve_waiting(lambda: b""))
        while not changes.transport.chunks:  # noqa: ASYNC110 - our loop goes on
            await asyncio.sleep(0)
        loop.cancel()
        (event,) = changes.taken()
        assert b'"web:2"' in event
        assert kinds([event]) == ["change"]

    asyncio.run(scenario())


def test_rows_that_were_folded_and_not_looked_at_are_looked_at_in_the_next_beat() -> None:
    """News of an outage reads the inbox without a look; during it no deadline would wake the loop."""

    async def scenario() -> None:
        middle = Middle()
        changes = middle.join(WEB, wants_changes=True)
        loop = asyncio.create_task(middle.sending.send_when_due())
        await asyncio.sleep(0)
        middle.fleet.outage_began(middle.clock())
        middle.put(session("web:1"))
        steps_at_once(middle.settling.read_inbox())
        middle.settling.has_earlier.set()
        await asyncio.sleep(0)
        middle.clock.pass_(BEAT_SECONDS)
        async with asyncio.timeout(5):
            while not changes.transport.chunks:  # noqa: ASYNC110 - our loop goes on
                await asyncio.sleep(0.001)
        loop.cancel()
        assert kinds(changes.taken()) == ["change"]

    asyncio.run(scenario())
