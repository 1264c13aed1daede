"""When held polls are released: at the close of a window that has brought other rows, and not before."""

import asyncio

import pytest

from agent_status_gateway.pipeline.sending import Sending
from agent_status_gateway.state.views.view import WHOLE, View
from chaos.workers.reports import session
from tests.support.builders.held import Held, turns
from tests.support.builders.viewing import Middle, channel

WEB = channel("web")


async def send_due(middle: Middle) -> None:
    while (due := middle.audiences.take_due(middle.clock())) is not None:
        await middle.sending._send(due)
    await turns()


async def serve_waiting(sending: Sending) -> None:
    """Serve all that wait once."""
    serving = asyncio.create_task(sending.serve_waiting(lambda: b""))
    await turns()
    serving.cancel()


def hold(middle: Middle, *ids: str, view: View = WHOLE, asks: bool = False) -> Held:
    return Held(middle.hub, frozenset(ids), view=view, asks=asks)


def now(middle: Middle, view: View = WHOLE) -> str:
    return middle.audiences.of(view).rows.id


# poll: Rule 1
@pytest.mark.parametrize("view", [WHOLE, WEB])
def test_a_poll_is_released_when_the_window_of_its_change_closes(view: View) -> None:
    async def run() -> None:
        middle = Middle()
        middle.join(view)
        held = hold(middle, now(middle, view), view=view)
        middle.show(session("web:1"))
        await send_due(middle)
        assert held.answers == 0
        middle.clock.pass_(0.99)
        await send_due(middle)
        assert held.answers == 0
        middle.clock.pass_(0.01)
        await send_due(middle)
        assert held.answers == 1
        assert held.poll not in middle.audiences.plain.polls

    asyncio.run(run())


# poll: Rule 1
@pytest.mark.parametrize("view", [WHOLE, WEB])
def test_a_change_that_goes_away_inside_its_window_releases_nobody(view: View) -> None:
    async def run() -> None:
        middle = Middle()
        middle.join(view)
        held = hold(middle, now(middle, view), view=view)
        middle.show(session("web:1"))
        middle.show()
        middle.clock.pass_(1.0)
        await send_due(middle)
        assert held.answers == 0
        middle.show(session("web:1"))
        middle.clock.pass_(1.0)
        await send_due(middle)
        assert held.answers == 1

    asyncio.run(run())


def test_one_that_joins_inside_a_window_is_compared_at_its_close() -> None:
    async def run() -> None:
        middle = Middle()
        before = now(middle)
        middle.show(session("web:1"))
        has_before, has_after = hold(middle, before), hold(middle, now(middle))
        middle.clock.pass_(1.0)
        await send_due(middle)
        assert (has_before.answers, has_after.answers) == (1, 0)

    asyncio.run(run())


def test_a_poll_that_asks_waits_for_the_close_of_a_window_that_is_open() -> None:
    async def run() -> None:
        middle = Middle()
        before = now(middle)
        middle.show(session("web:1"))
        held = hold(middle, before, asks=True)
        await serve_waiting(middle.sending)
        assert held.answers == 0
        middle.clock.pass_(1.0)
        await send_due(middle)
        assert held.answers == 1

    asyncio.run(run())


def test_of_polls_that_ask_for_a_view_that_nobody_has_open_those_with_other_rows_are_released() -> None:
    async def run() -> None:
        middle = Middle()
        middle.show(session("web:1"), session("ci:1"))
        middle.join(WEB)
        id_ = now(middle, WEB)
        middle.clock.pass_(1.0)
        await send_due(middle)
        again = Middle()
        again.show(session("web:1"), session("ci:1"))
        fresh, stale = hold(again, id_, view=WEB, asks=True), hold(again, "another", view=WEB, asks=True)
        await serve_waiting(again.sending)
        assert (fresh.answers, stale.answers) == (0, 1)
        assert again.shown(WEB) == ["web:1"]
        again.show(session("web:1"))
        again.clock.pass_(1.0)
        await send_due(again)
        assert fresh.answers == 0, "only something outside of the view has changed"
        again.show(session("web:1", "streaming"))
        again.clock.pass_(1.0)
        await send_due(again)
        assert fresh.answers == 1
        assert again.audiences.get(WEB) is None

    asyncio.run(run())


def test_while_a_view_has_polls_alone_its_news_are_read_and_no_frame_is_made() -> None:
    async def run() -> None:
        middle = Middle()
        middle.show(session("web:1"))
        hold(middle, "another", view=WEB, asks=True)
        held = hold(middle, "another", view=channel("ci"), asks=True)
        audience = middle.audiences.of(channel("ci"))
        await serve_waiting(middle.sending)
        assert held.answers == 1
        assert audience.served.serving(audience.rows.id, may_be_older=False) is None

    asyncio.run(run())


def test_it_is_news_if_the_rows_are_others_and_no_window_is_open() -> None:
    middle = Middle()
    before = now(middle)
    is_news = middle.settling.is_news
    assert (is_news(WHOLE, {before}), is_news(WHOLE, {"another"})) == (False, True)
    middle.put(session("web:1"))
    assert is_news(WHOLE, {before}) is False, "the report that waits opens a window"
    assert is_news(WHOLE, {"another"}) is False
    assert is_news(WEB, {"another"}) is None, "nobody has this view open"
    middle.join(WEB)
    assert (is_news(WEB, {now(middle, WEB)}), is_news(WEB, {"another"})) == (False, True)


def test_a_poll_counts_as_a_stream_against_the_limits_until_it_is_released() -> None:
    async def run() -> None:
        middle = Middle()
        hold(middle, now(middle))
        held = hold(middle, view=WEB)
        assert len(middle.hub) == 2
        assert middle.hub.count(held.poll.peer.key_name) == 2
        held.poll.release()
        assert len(middle.hub) == 1
        assert middle.audiences.get(WEB) is None
        assert middle.hub.counts.endings == {}

    asyncio.run(run())
