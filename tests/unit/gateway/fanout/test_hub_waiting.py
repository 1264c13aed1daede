"""Clients whose first event is not made yet."""

import asyncio
import re

from agent_status_gateway.fanout.hub import Hub, Limits
from tests.support.builders.lines import Listener, at_once
from tests.unit.gateway.fanout.test_hub import LIVE, A, B, round_of


def test_a_client_without_a_frame_gets_its_wait_before_a_reconnect_and_then_the_shared_event() -> None:
    hub = Hub(Limits(clients=10))
    waiting = [Listener(hub, None) for _ in range(2)]
    assert all(re.fullmatch(rb"retry: [1-4]\d{3}\n", listener.first) for listener in waiting)
    at_once(hub.serve_waiting(A, lambda: LIVE))
    assert {id(chunk) for listener in waiting for chunk in listener.taken()} == {id(A.event)}
    at_once(hub.serve_waiting(B, lambda: LIVE))
    assert [listener.taken() for listener in waiting] == [[], []], "they are served once; what follows is broadcast"


def test_a_waiting_client_gets_the_feeds_state_after_its_first_event_and_not_before() -> None:
    hub = Hub(Limits(clients=10))
    curious = Listener(hub, None, wants_feed=True)
    hub.broadcast_feed(LIVE)
    round_of(hub, curious, hub._feed_rounds)
    assert curious.taken() == []
    at_once(hub.serve_waiting(A, lambda: LIVE))
    assert curious.taken() == [A.event, LIVE]


def test_a_waiting_client_whose_transport_is_blocked_gets_both_in_that_order_when_it_has_room() -> None:
    hub = Hub(Limits(clients=10))
    curious = Listener(hub, None, wants_feed=True)
    curious.block()
    at_once(hub.serve_waiting(A, lambda: LIVE))
    curious.unblock()
    assert curious.taken() == [A.event, LIVE]


def test_a_waiting_client_that_a_broadcast_reaches_first_is_served_by_it() -> None:
    hub = Hub(Limits(clients=10))
    listener = Listener(hub, None)
    at_once(hub.broadcast(A))
    at_once(hub.serve_waiting(A, lambda: LIVE))
    assert listener.taken() == [A.event]


def test_a_waiting_client_that_leaves_is_forgotten() -> None:
    hub = Hub(Limits(clients=10))
    listener = Listener(hub, None)
    listener.block()
    listener.client.closed()
    at_once(hub.serve_waiting(A, lambda: LIVE))
    assert (len(hub), listener.taken()) == (0, [])


def test_a_drain_ends_a_waiting_clients_stream_as_any_other() -> None:
    hub = Hub(Limits(clients=10))
    listener = Listener(hub, None)
    listener.transport.end = lambda chunk: (listener.transport.chunks.append(chunk), listener.client.closed())  # type: ignore[method-assign,assignment,func-returns-value]
    asyncio.run(hub.drain(0))
    assert [chunk.partition(b" ")[0] for chunk in listener.taken()] == [b"retry:"]
