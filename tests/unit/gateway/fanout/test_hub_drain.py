"""Which streams are closed: all at a drain, and those of a removed key; and which are refused."""

import asyncio
import time
from collections.abc import Callable

from agent_status_gateway.fanout.client import Peer
from agent_status_gateway.fanout.places import Limits
from tests.support.builders.lines import Listener, at_once, new_hub
from tests.unit.gateway.fanout.test_hub import A


def drained(clients: int, seconds: float, prepare: Callable[[Listener], None] = lambda _: None) -> list[Listener]:
    async def drain() -> list[Listener]:
        hub = new_hub(Limits(clients=clients))
        listeners = [Listener(hub, A) for _ in range(clients)]
        for listener in listeners:
            prepare(listener)

        async def leave() -> None:  # as transports do when they have ended
            while True:
                for listener in listeners:
                    if listener.transport.has_ended or listener.transport.is_aborted:
                        listener.client.closed()
                await asyncio.sleep(0.01)

        leaving = asyncio.create_task(leave())
        async with asyncio.timeout(10):
            await hub.drain(seconds)
        leaving.cancel()
        assert hub.is_draining
        return listeners

    return asyncio.run(drain())


def test_a_drain_closes_every_stream_with_a_reconnect_time_of_its_own() -> None:
    last_chunks = [listener.taken() for listener in drained(50, 0.05)]
    assert all(len(chunks) == 1 for chunks in last_chunks)
    waits = {int(chunks[0].removeprefix(b"retry: ")) for chunks in last_chunks}
    assert all(1000 <= wait <= 4000 for wait in waits)
    assert len(waits) > 10, "they do not come back together"


def test_a_client_that_does_not_read_the_last_bytes_is_aborted_a_little_after_the_drain() -> None:
    listeners = drained(3, 0.01, prepare=Listener.block)
    assert all(listener.transport.is_aborted for listener in listeners)


def test_ten_thousand_streams_are_closed_within_the_drains_time() -> None:
    began_at = time.monotonic()
    listeners = drained(10_000, 0.5)
    assert 0.3 < time.monotonic() - began_at < 4.0
    assert all(listener.transport.has_ended for listener in listeners)


def test_a_key_and_an_address_have_no_more_streams_than_their_limits() -> None:
    hub = new_hub(Limits(clients=10, clients_per_key=2, clients_per_address=1))
    phone, wall = Peer("10.0.0.1", 1, "phone"), Peer("10.0.0.2", 1, "wall")
    first = Listener(hub, A, peer=phone)
    assert hub.why_full("wall", "10.0.0.1") == "this address has as many streams as it may have here"
    assert hub.why_full("phone", "10.0.0.2") is None
    Listener(hub, A, peer=phone._replace(address="10.0.0.3"))
    assert hub.why_full("phone", "10.0.0.4") == "this key has as many streams as it may have here"
    Listener(hub, A, peer=wall)
    hub.leave(first.client)
    assert hub.why_full("phone", "10.0.0.1") is None
    assert (hub.count("phone"), hub.count("wall"), hub.count("other")) == (1, 1, 0)


def test_the_streams_of_a_removed_key_are_closed_and_the_others_stay() -> None:
    hub = new_hub(Limits(clients=10))
    gone, stays = (Listener(hub, A, peer=Peer("10.0.0.1", 1, name)) for name in ("old", "new"))
    at_once(hub.close_streams_of({"old"}))
    assert gone.transport.has_ended
    assert gone.transport.chunks[-1].startswith(b"retry: ")
    assert not stays.transport.has_ended
