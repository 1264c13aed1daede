"""The open streams of a replica."""

import asyncio
from collections.abc import Callable

import pytest

from agent_status_gateway.fanout import hub as hub_module
from agent_status_gateway.fanout.events.encoders import IDENTITY
from agent_status_gateway.fanout.events.frames import KEEPALIVE, feed_event
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.members import rounds as rounds_module
from agent_status_gateway.fanout.places import Limits
from tests.support.builders.frames import frame_with
from tests.support.builders.lines import PEER, Listener, RecordingTransport, at_once, broadcast, new_hub

NEWCOMER = ("key", "10.0.0.9")


A, B, C = frame_with("idle"), frame_with("active"), frame_with("degraded")
LIVE = feed_event("live", 0.0)


def round_of(hub: Hub, listener: Listener, times: int) -> None:
    for _ in range(times):
        hub.counts.rounds += 1
        listener.client.round(keepalive_rounds=hub._rounds.to_keepalive, stuck_rounds=hub._rounds.to_stuck)


def test_one_frame_serves_all_clients_without_being_copied() -> None:
    hub = new_hub(Limits(clients=10))
    listeners = [Listener(hub, A) for _ in range(3)]
    at_once(broadcast(hub, B))
    assert {id(listener.taken()[0]) for listener in listeners} == {id(B.event)}


def test_a_client_that_joined_in_between_converges_though_nothing_changed_for_the_others() -> None:
    hub = new_hub(Limits(clients=10))
    early, late = Listener(hub, A), Listener(hub, B)
    at_once(broadcast(hub, A))
    assert (early.taken(), late.taken()) == ([], [A.event])


def test_only_clients_that_asked_get_feed_events() -> None:
    hub = new_hub(Limits(clients=10))
    plain, curious = Listener(hub, A), Listener(hub, A, wants_feed=True)
    at_once(hub.broadcast_feed(LIVE))
    assert plain.taken() == []
    assert curious.taken() == [LIVE]


def test_a_hub_is_full_at_its_limit_and_has_room_after_a_client_left() -> None:
    hub = new_hub(Limits(clients=2))
    first, _ = Listener(hub, A), Listener(hub, A)
    assert hub.why_full(*NEWCOMER) == "this replica is full"
    first.client.closed()
    assert hub.why_full(*NEWCOMER) is None


def test_a_client_that_asked_gets_the_feeds_state_again_at_each_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds_module, "FEED_SECONDS", 0.03)

    async def run() -> tuple[list[bytes], list[bytes]]:
        hub, came = new_hub(Limits(clients=10), keepalive_seconds=0.3), asyncio.Event()  # a round of 0.01 s
        plain, curious = Listener(hub, A), Listener(hub, A, wants_feed=True)

        def current() -> bytes:
            seconds = len(curious.transport.chunks)
            if seconds == 2:
                came.set()
            return feed_event("lost", seconds)

        running = asyncio.create_task(hub.run(current))
        async with asyncio.timeout(5):
            await came.wait()
        running.cancel()
        return plain.taken(), curious.taken()[:2]

    assert asyncio.run(run()) == ([], [feed_event("lost", 0), feed_event("lost", 1)])


def test_a_change_of_the_feeds_state_restarts_the_interval() -> None:
    hub = new_hub(Limits(clients=10))
    curious = Listener(hub, A, wants_feed=True)
    round_of(hub, curious, hub._rounds.to_feed - 1)
    at_once(hub.broadcast_feed(LIVE))
    assert curious.client.rounds_since_feed == 0


def failing(_: object = None) -> None:
    raise RuntimeError("the handle is closed")


@pytest.mark.parametrize("what", ["a snapshot", "the feed's state", "the last bytes"])
def test_a_client_whose_transport_fails_is_removed_and_costs_the_others_nothing(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    hub = new_hub(Limits(clients=10))
    listeners = [Listener(hub, A, wants_feed=True) for _ in range(3)]
    for name in ("write", "end", "abort"):
        setattr(listeners[1].transport, name, failing)
    match what:
        case "a snapshot":
            at_once(broadcast(hub, B))
        case "the feed's state":
            at_once(hub.broadcast_feed(LIVE))
        case "the last bytes":
            asyncio.run(hub.drain(0))
    assert [len(listener.taken()) for listener in listeners] == [1, 0, 1]
    assert listeners[1].client not in hub._clients
    assert "a client's transport has failed" in caplog.text


def test_a_round_goes_on_past_a_transport_that_fails_and_skips_clients_that_left() -> None:
    async def rounds() -> list[int]:
        hub, enough = new_hub(Limits(clients=10), keepalive_seconds=0.03), asyncio.Event()
        listeners = [Listener(hub, A) for _ in range(3)]
        listeners[0].transport.write = failing  # type: ignore[method-assign,assignment]
        listeners[1].client.closed()
        write = listeners[2].transport.write

        def note(chunk: bytes) -> None:
            write(chunk)
            if len(listeners[2].transport.chunks) > 1:
                enough.set()

        listeners[2].transport.write = note  # type: ignore[method-assign]
        running = asyncio.create_task(hub.run(lambda: LIVE))
        async with asyncio.timeout(5):
            await enough.wait()
        running.cancel()
        assert len(hub) == 1
        return [len(listener.taken()) for listener in listeners]

    assert asyncio.run(rounds()) == [0, 0, 2]


def test_a_client_whose_first_event_cannot_be_written_takes_no_place() -> None:
    hub, transport = new_hub(Limits(clients=10)), RecordingTransport()
    transport.open = failing  # type: ignore[method-assign,assignment]
    with pytest.raises(RuntimeError, match="closed"):
        hub.join(transport, IDENTITY, hub._audiences.plain, A, peer=PEER)
    assert len(hub) == 0


@pytest.mark.parametrize("what", ["a snapshot", "the feed's state", "the last bytes of a key's streams"])
def test_what_is_for_many_clients_yields_to_the_event_loop_between_its_steps(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "STEP_CLIENTS", 10)
    hub = new_hub(Limits(clients=100))
    listeners = [Listener(hub, A, wants_feed=True) for _ in range(25)]
    served: list[int] = []

    async def watch() -> None:
        while True:
            served.append(sum(bool(listener.transport.chunks) for listener in listeners))
            await asyncio.sleep(0)

    async def send() -> None:
        watching = asyncio.create_task(watch())
        match what:
            case "a snapshot":
                await broadcast(hub, B)
            case "the feed's state":
                await hub.broadcast_feed(LIVE)
            case _:
                await hub.close_streams_of({PEER.key_name})
        watching.cancel()

    asyncio.run(send())
    assert served == [10, 20]


def test_a_broadcast_of_large_snapshots_takes_smaller_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "STEP_BYTES", 2 * len(B.event))
    hub = new_hub(Limits(clients=100))
    for _ in range(3):
        Listener(hub, A)
    sending = broadcast(hub, B)
    sending.send(None)
    sending.close()


def test_a_client_that_leaves_during_a_broadcast_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "STEP_CLIENTS", 1)
    hub = new_hub(Limits(clients=10))
    listeners = [Listener(hub, A) for _ in range(2)]
    sending = broadcast(hub, B)
    sending.send(None)
    for listener in listeners:
        listener.block()  # as a transport is that has ended
        listener.client.closed()
    with pytest.raises(StopIteration):
        sending.send(None)
    assert sum(len(listener.taken()) for listener in listeners) == 1


def test_an_idle_stream_gets_a_keepalive_after_its_time_and_not_before() -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A)
    round_of(hub, listener, 30)
    assert listener.taken() == []
    round_of(hub, listener, 1)
    assert listener.taken() == [KEEPALIVE]


def test_an_event_puts_the_keepalive_off() -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A)
    round_of(hub, listener, 29)
    at_once(broadcast(hub, B))
    listener.taken()
    round_of(hub, listener, 30)
    assert listener.taken() == []


def test_a_client_that_reads_nothing_for_a_minute_is_aborted() -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A)
    listener.block()
    listener.transport.backlog_bytes = 1000
    round_of(hub, listener, 61)
    assert not listener.transport.is_aborted
    round_of(hub, listener, 1)
    assert listener.transport.is_aborted


def test_a_client_that_reads_slowly_is_not_aborted() -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A)
    listener.block()
    for backlog_bytes in (1000, 900, 800, 700):
        listener.transport.backlog_bytes = backlog_bytes
        round_of(hub, listener, 59)
    assert not listener.transport.is_aborted


def test_a_round_reaches_every_client() -> None:
    async def one_round() -> None:
        hub, missing, everybody = new_hub(Limits(clients=100), keepalive_seconds=0.03), set(range(50)), asyncio.Event()

        def note(number: int) -> Callable[[bytes], None]:
            def write(chunk: bytes) -> None:
                assert chunk == KEEPALIVE
                missing.discard(number)
                if not missing:
                    everybody.set()

            return write

        for number in tuple(missing):
            Listener(hub, A).transport.write = note(number)  # type: ignore[method-assign,assignment]
        running = asyncio.create_task(hub.run(lambda: LIVE))
        async with asyncio.timeout(5):
            await everybody.wait()
        running.cancel()

    asyncio.run(one_round())
