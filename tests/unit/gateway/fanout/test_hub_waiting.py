"""Clients whose first event is not made yet."""

import asyncio
import gzip
import re

import pytest

from agent_status_gateway.fanout.events import frames
from agent_status_gateway.fanout.events.encoders import encoder_for
from agent_status_gateway.fanout.places import Limits
from chaos.workers.reports import session
from tests.support.builders.frames import frame_of
from tests.support.builders.lines import Listener, at_once, broadcast, new_hub, serve_waiting
from tests.unit.gateway.fanout.events.test_encoders import unchunked
from tests.unit.gateway.fanout.test_hub import LIVE, A, B, round_of


def test_a_client_without_a_frame_gets_its_wait_before_a_reconnect_and_then_the_shared_event() -> None:
    hub = new_hub(Limits(clients=10))
    waiting = [Listener(hub, None) for _ in range(2)]
    assert all(re.fullmatch(rb"retry: [1-4]\d{3}\n", listener.first) for listener in waiting)
    at_once(serve_waiting(hub, A, LIVE))
    assert {id(chunk) for listener in waiting for chunk in listener.taken()} == {id(A.event)}
    at_once(serve_waiting(hub, B, LIVE))
    assert [listener.taken() for listener in waiting] == [[], []], "they are served once; what follows is broadcast"


def test_a_waiting_client_gets_the_feeds_state_after_its_first_event_and_not_before() -> None:
    hub = new_hub(Limits(clients=10))
    curious = Listener(hub, None, wants_feed=True)
    at_once(hub.broadcast_feed(LIVE))
    round_of(hub, curious, hub._rounds.to_feed)
    assert curious.taken() == []
    at_once(serve_waiting(hub, A, LIVE))
    assert curious.taken() == [A.event, LIVE]


def test_a_waiting_client_whose_transport_is_blocked_gets_both_in_that_order_when_it_has_room() -> None:
    hub = new_hub(Limits(clients=10))
    curious = Listener(hub, None, wants_feed=True)
    curious.block()
    at_once(serve_waiting(hub, A, LIVE))
    curious.unblock()
    assert curious.taken() == [A.event, LIVE]


def test_a_waiting_client_that_a_broadcast_reaches_first_is_served_by_it() -> None:
    hub = new_hub(Limits(clients=10))
    listener = Listener(hub, None)
    at_once(broadcast(hub, A))
    at_once(serve_waiting(hub, A, LIVE))
    assert listener.taken() == [A.event]


@pytest.mark.parametrize("is_blocked", [False, True])
def test_a_waiting_client_is_not_taken_back_by_a_frame_that_is_older_than_a_broadcast(*, is_blocked: bool) -> None:
    """The frame for those who wait may be compressed in a thread while a window closes."""
    hub = new_hub(Limits(clients=10))
    listener = Listener(hub, None)
    if is_blocked:
        listener.block()
    at_once(broadcast(hub, B))
    at_once(serve_waiting(hub, A, LIVE))
    if is_blocked:
        listener.unblock()
    assert listener.taken() == [B.event]


def test_a_waiting_client_that_leaves_is_forgotten() -> None:
    hub = new_hub(Limits(clients=10))
    listener = Listener(hub, None)
    listener.block()
    listener.client.closed()
    at_once(serve_waiting(hub, A, LIVE))
    assert (len(hub), listener.taken()) == (0, [])


def test_a_drain_ends_a_waiting_clients_stream_as_any_other() -> None:
    hub = new_hub(Limits(clients=10))
    listener = Listener(hub, None)
    listener.transport.end = lambda chunk: (listener.transport.chunks.append(chunk), listener.client.closed())  # type: ignore[method-assign,assignment,func-returns-value]
    asyncio.run(hub.drain(0))
    assert [chunk.partition(b" ")[0] for chunk in listener.taken()] == [b"retry:"]


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("is_gzipped", [False, True])
def test_a_large_frame_reaches_a_client_in_its_pieces_whole(
    is_gzipped: bool, is_chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "STEP_ROWS", 10)
    large = frame_of(*[session(f"web:{number}") for number in range(25)])
    hub = new_hub(Limits(clients=10))
    encoder = encoder_for(is_gzipped=is_gzipped, is_chunked=is_chunked)
    listener = Listener(hub, None, encoder)
    asyncio.run(serve_waiting(hub, large, LIVE))
    listener.client.close(b": end\n", "drained")
    chunks = [listener.first, *listener.taken()]
    body = b"".join(chunks)
    if is_chunked:
        body = unchunked(body)
    text = gzip.decompress(body) if is_gzipped else body
    assert text.partition(b"\n")[2] == b"".join(piece.event for piece in (large, *large.rest)) + b": end\n"
    assert hub.counts.bytes == sum(map(len, chunks[:-1]))
    assert (hub.counts.events, listener.client.events) == (1, 1)
