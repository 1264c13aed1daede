"""One open stream: what it saw, and what waits for it."""

from agent_status_gateway.fanout.encoders import CHUNKED
from agent_status_gateway.fanout.frames import feed_event
from agent_status_gateway.fanout.hub import Hub, Limits
from tests.support.lines import Listener, at_once
from tests.unit.gateway.fanout.test_hub import A, B, C

LIVE, LOST = feed_event("live", 0.0), feed_event("lost", 1.0)


def test_a_picture_that_a_client_saw_is_not_sent_again() -> None:
    listener = Listener(Hub(Limits(clients=1)), A)
    assert not listener.client.offer(A)
    assert listener.taken() == []


def test_a_slow_client_gets_only_the_newest_picture_when_there_is_room() -> None:
    listener = Listener(Hub(Limits(clients=1)), A)
    listener.block()
    listener.client.offer(B)
    listener.client.offer(C)
    listener.unblock()
    assert listener.taken() == [C.event]


def test_a_slow_client_gets_nothing_when_all_is_as_it_was() -> None:
    listener = Listener(Hub(Limits(clients=1)), A)
    listener.block()
    listener.client.offer(B)
    listener.client.offer(A)
    listener.unblock()
    assert listener.taken() == []


def test_what_the_feed_does_is_told_before_the_picture() -> None:
    listener = Listener(Hub(Limits(clients=1)), A, wants_feed=True)
    listener.block()
    listener.client.offer(B)
    listener.client.offer_feed(LIVE)
    listener.unblock()
    assert listener.taken() == [LIVE, B.event]


def test_only_the_newest_state_of_the_feed_waits() -> None:
    listener = Listener(Hub(Limits(clients=1)), A, wants_feed=True)
    listener.block()
    listener.client.offer_feed(LOST)
    listener.client.offer_feed(LIVE)
    listener.unblock()
    assert listener.taken() == [LIVE]


def test_a_line_that_fills_up_in_between_is_not_written_to() -> None:
    listener = Listener(Hub(Limits(clients=1)), A, wants_feed=True)
    listener.block()
    listener.client.offer(B)
    listener.client.offer_feed(LIVE)
    write = listener.line.write

    def fill(chunk: bytes) -> None:
        write(chunk)
        listener.block()

    listener.line.write = fill  # type: ignore[method-assign]
    listener.unblock()
    assert listener.taken() == [LIVE]
    listener.unblock()
    assert listener.taken() == [B.event]


def test_a_slow_client_that_is_let_go_gets_its_farewell_and_nothing_else() -> None:
    listener = Listener(Hub(Limits(clients=1)), A)
    listener.block()
    listener.client.offer(B)
    listener.client.let_go(b"retry: 1\n")
    listener.unblock()
    assert listener.taken() == [b"retry: 1\n"]
    assert listener.line.has_ended


def test_who_has_been_let_go_is_written_to_no_more() -> None:
    hub = Hub(Limits(clients=1))
    listener = Listener(hub, A)
    listener.client.let_go(b"retry: 1\n")
    listener.taken()
    at_once(hub.broadcast(B))
    listener.client.let_go(b"retry: 2\n")
    assert listener.taken() == []


def test_a_coding_puts_all_that_is_said_on_the_wire() -> None:
    listener = Listener(Hub(Limits(clients=1)), A, CHUNKED, wants_feed=True)
    assert listener.first.startswith(b"%x\r\nevent: status\n" % (len(listener.first) - 6))
    listener.client.offer(B)
    listener.client.offer_feed(LIVE)
    listener.client.let_go(b"retry: 1\n")
    assert listener.taken() == [B.chunk, b"%x\r\n%b\r\n" % (len(LIVE), LIVE), b"9\r\nretry: 1\n\r\n0\r\n\r\n"]
