"""Who is listening."""

import asyncio

from gateway.frames import encode_frame, feed_event
from gateway.hub import Client, Hub
from gateway.snapshot import GlobalStateName


def frame(state: GlobalStateName):  # type: ignore[no-untyped-def] # noqa: ANN201 - a Frame
    overview = {"state": state, "active_sessions": 0, "max_concurrent": 0, "uptime_seconds": 0}
    return encode_frame({"global": overview, "sessions": []}, 0.0)  # type: ignore[typeddict-item]


A, B, C = frame("idle"), frame("active"), frame("degraded")


def test_a_picture_that_a_client_saw_is_not_sent_again() -> None:
    client = Client(A, wants_feed=False)
    assert not client.offer(A)
    assert client.take() == b""
    assert not client.news.is_set()


def test_a_slow_client_gets_only_the_newest_picture() -> None:
    client = Client(A, wants_feed=False)
    client.offer(B)
    client.offer(C)
    assert client.take() == C.event
    assert client.take() == b""


def test_a_slow_client_gets_nothing_when_all_is_as_it_was() -> None:
    client = Client(A, wants_feed=False)
    client.offer(B)
    client.offer(A)
    assert client.take() == b""


def test_a_client_that_joined_between_converges_though_the_others_saw_no_change() -> None:
    hub = Hub(10)
    early = hub.join(A, wants_feed=False)
    late = hub.join(B, wants_feed=False)
    assert hub.broadcast(A) == 1
    assert (early.take(), late.take()) == (b"", A.event)


def test_one_frame_serves_all_clients_without_being_copied() -> None:
    hub = Hub(10)
    clients = [hub.join(A, wants_feed=False) for _ in range(3)]
    hub.broadcast(B)
    assert {id(client.take()) for client in clients} == {id(B.event)}


def test_only_those_who_asked_are_told_about_the_feed_and_before_the_picture() -> None:
    hub = Hub(10)
    plain, curious = hub.join(A, wants_feed=False), hub.join(A, wants_feed=True)
    hub.tell_feed("live", 0.0)
    hub.broadcast(B)
    assert plain.take() == B.event
    assert curious.take() == feed_event("live", 0.0) + B.event


def test_a_hub_is_full_at_its_limit_and_not_after_somebody_left() -> None:
    hub = Hub(2)
    first, _ = hub.join(A, wants_feed=False), hub.join(A, wants_feed=False)
    assert hub.is_full
    hub.leave(first)
    assert not hub.is_full


def test_a_drain_lets_everybody_go_with_a_time_to_come_back_of_their_own() -> None:
    async def drain() -> list[bytes | None]:
        hub = Hub(100)
        clients = [hub.join(A, wants_feed=False) for _ in range(50)]

        async def stay(client: Client) -> None:
            await client.news.wait()
            hub.leave(client)

        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(stay(client))
            tasks.create_task(hub.drain(0.05))
        assert hub.is_draining
        assert len(hub) == 0
        return [client.farewell for client in clients]

    farewells = asyncio.run(drain())
    waits = {int(farewell.removeprefix(b"retry: ")) for farewell in farewells if farewell}
    assert all(1000 <= wait <= 4000 for wait in waits)
    assert len(waits) > 10, "they do not come back together"


def test_a_drain_does_not_wait_for_who_does_not_read_its_farewell() -> None:
    async def drain() -> int:
        hub = Hub(10)
        hub.join(A, wants_feed=False)
        async with asyncio.timeout(5):
            await hub.drain(0.01)
        return len(hub)

    assert asyncio.run(drain()) == 1


def test_ten_thousand_clients_are_let_go_within_the_drains_time() -> None:
    async def drain() -> float:
        hub = Hub(10_000)
        clients = [hub.join(A, wants_feed=False) for _ in range(10_000)]
        began_at = asyncio.get_running_loop().time()
        draining = asyncio.create_task(hub.drain(0.5))
        for client in clients:
            await client.news.wait()
        took = asyncio.get_running_loop().time() - began_at
        for client in clients:
            hub.leave(client)
        await draining
        return took

    assert 0.3 < asyncio.run(drain()) < 2.0
