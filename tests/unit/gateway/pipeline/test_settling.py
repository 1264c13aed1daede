"""What waits, what is true now, and frames of it."""

import asyncio

import pytest

from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.view import WHOLE, View
from chaos.workers.reports import session
from tests.support.builders.viewing import Middle, channel, only

WEB = channel("web")


def text(middle: Middle, key: str) -> bool:
    frame = middle.settling.frame_at_once()
    return frame is not None and key.encode() in frame.event


async def frame_id(middle: Middle, view: View = WHOLE) -> str:
    found, frame = await middle.settling.frame_unless(view, ())
    assert frame is not None
    assert frame.id == found
    return found


def test_reports_wait_until_somebody_looks() -> None:
    middle = Middle()
    middle.put(session("web:1"))
    assert not middle.settling.is_settled
    assert [row.key for row in middle.settling.current.rows] == []
    assert text(middle, "web:1"), "who asks for a frame looks"
    assert middle.settling.is_settled


def test_of_several_reports_of_a_worker_the_newest_counts() -> None:
    middle = Middle()
    middle.put(session("web:1"))
    middle.put(session("web:2"))
    middle.look()
    assert [row.key for row in middle.settling.current.rows] == ["web:2"]


def test_the_sending_loop_is_woken_when_something_is_due_earlier() -> None:
    middle = Middle()
    middle.join(WEB, wants_changes=True)
    middle.settling.has_earlier.clear()
    middle.look()
    assert not middle.settling.has_earlier.is_set(), "nothing has changed"
    middle.show(session("web:1"))
    assert middle.settling.has_earlier.is_set()


def test_a_view_that_nobody_has_open_is_answered_and_not_kept() -> None:
    middle = Middle()
    middle.show(session("web:1"), session("ci:1"))
    frame = middle.settling.frame_at_once(only("ci:1"))
    assert frame is not None
    assert b'"ci:1"' in frame.event
    assert b'"web:1"' not in frame.event
    assert len(middle.audiences) == 0


def test_a_client_that_has_these_rows_gets_their_id_alone_and_they_are_found_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        middle = Middle()
        middle.show(session("web:1"), session("ci:1"))
        searches: list[View] = []
        select = middle.settling.current.select

        def noted(view: View) -> Steps[Rows]:
            searches.append(view)
            return select(view)

        monkeypatch.setattr(middle.settling.current, "select", noted)
        snapshot_id, frame = await middle.settling.frame_unless(WEB, {"another"})
        assert frame is not None
        assert b'"web:1"' in frame.event
        assert await middle.settling.frame_unless(WEB, {snapshot_id}) == (snapshot_id, None)
        assert searches == [WEB, WEB], "once for each answer"

    asyncio.run(scenario())


def test_a_frame_is_made_at_once_only_if_nothing_has_to_wait() -> None:
    async def scenario() -> None:
        middle = Middle()
        middle.show(session("web:1"))
        async with middle.settling.lock:
            assert middle.settling.frame_at_once() is None
            assert middle.settling.frame_at_once(WEB) is None
        assert await frame_id(middle, WEB) == await frame_id(middle)

    asyncio.run(scenario())


def test_a_view_is_large_by_its_own_rows_and_not_by_the_fleets() -> None:
    middle = Middle()
    for worker in range(3):
        middle.put(*(session(f"web:{worker}-{number}") for number in range(500)), worker_id=f"w{worker}")
    middle.put(session("ci:1"), worker_id="other")
    middle.look()
    assert middle.settling.frame_at_once() is None
    assert middle.settling.frame_at_once(channel("ci")) is not None
    assert middle.settling.frame_at_once(WEB) is None


def test_who_waits_gets_an_update_of_a_view_whose_rows_had_to_be_found() -> None:
    async def scenario() -> None:
        middle = Middle()
        middle.show(session("web:1"))
        audience = middle.audiences.of(WEB)
        assert middle.shown(WEB) == []
        update = await middle.settling.update(audience, [], may_serve=True)
        assert middle.shown(WEB) == ["web:1"]
        assert update.id == await frame_id(middle)

    asyncio.run(scenario())


def test_the_global_status_of_a_view_counts_its_sessions_and_all_workers() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    middle.show(session("ci:1", "error", error="x", expires_ms=30_000), worker_id="w2")
    status_of, now = middle.settling.current.global_status, middle.clock()
    middle.join(WEB)
    rows = middle.audiences.of(WEB).rows
    assert status_of(rows, now) == status_of(middle.audiences.get(WHOLE).rows, now) | {  # type: ignore[union-attr]
        "state": "active",
        "active_sessions": 1,
    }


def test_work_with_rows_gets_those_of_now_and_nothing_changes_during_it() -> None:
    async def scenario() -> None:
        middle = Middle()
        middle.show(session("web:1"), session("ci:1"))
        middle.join(WEB)

        def keys(rows: Rows, now: float) -> Steps[tuple[list[str], float]]:
            yield
            assert middle.settling.lock.locked()
            return [row.key for row in rows], now

        middle.put(session("web:1"), session("web:2"), session("ci:1"))
        middle.clock.pass_(3.0)
        for view, expected in (
            (WHOLE, ["ci:1", "web:1", "web:2"]),
            (WEB, ["web:1", "web:2"]),
            (only("ci:1"), ["ci:1"]),
        ):
            assert await middle.settling.with_rows(view, keys) == (expected, 3.0)
        assert len(middle.audiences) == 1

    asyncio.run(scenario())


def test_only_the_work_of_a_large_view_serves_for_a_while() -> None:
    async def scenario() -> None:
        middle = Middle()
        done: list[int] = []

        def count(rows: Rows, _now: float) -> Steps[int]:
            yield
            done.append(len(rows))
            middle.clock.pass_(0.01)
            return len(rows)

        async def ask(view: View, kept_as: str | None = "count") -> int:
            return await middle.settling.with_rows(view, count, kept_as)

        for worker in range(2):
            middle.put(*(session(f"web:{worker}-{number}") for number in range(501)), worker_id=f"w{worker}")
        middle.put(session("ci:1"), worker_id="other")
        asked = [WHOLE, WHOLE, WEB, channel("ci"), channel("ci")]
        assert [await ask(view) for view in asked] == [1003, 1003, 1002, 1, 1]
        assert done == [1003, 1002, 1, 1], "a small one is always of now"
        await ask(WHOLE, None)
        await ask(WHOLE, "another name")
        assert done[4:] == [1003, 1003]
        middle.put(worker_id="other")
        assert await ask(WHOLE) == 1003
        middle.clock.pass_(1.0)
        assert await ask(WHOLE) == 1002

    asyncio.run(scenario())
