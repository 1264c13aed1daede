"""One open stream: what was written to it, and what waits for it."""

from agent_status_gateway.fanout.events.encoders import CHUNKED
from agent_status_gateway.fanout.events.frames import feed_event
from agent_status_gateway.fanout.places import Limits
from tests.support.builders.lines import Listener, at_once, broadcast, new_hub
from tests.unit.gateway.fanout.test_hub import A, B, C

LIVE, LOST = feed_event("live", 0.0), feed_event("lost", 1.0)


# client: Rule 2
def test_a_snapshot_that_a_client_has_is_not_sent_again() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A)
    assert not listener.client.offer(A)
    assert listener.taken() == []


# client: Rule 1
def test_a_slow_client_gets_only_the_newest_snapshot_when_there_is_room() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A)
    listener.block()
    listener.client.offer(B)
    listener.client.offer(C)
    listener.unblock()
    assert listener.taken() == [C.event]


def test_a_slow_client_gets_nothing_when_the_snapshot_is_again_what_it_has() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A)
    listener.block()
    listener.client.offer(B)
    listener.client.offer(A)
    listener.unblock()
    assert listener.taken() == []


# client: Rule 3
def test_the_feeds_state_is_written_before_the_snapshot() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A, wants_feed=True)
    listener.block()
    listener.client.offer(B)
    listener.client.offer_feed(LIVE)
    listener.unblock()
    assert listener.taken() == [LIVE, B.event]


def test_only_the_newest_state_of_the_feed_waits() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A, wants_feed=True)
    listener.block()
    listener.client.offer_feed(LOST)
    listener.client.offer_feed(LIVE)
    listener.unblock()
    assert listener.taken() == [LIVE]


# client: Rule 3
def test_a_transport_that_blocks_between_two_writes_is_not_written_to() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A, wants_feed=True)
    listener.block()
    listener.client.offer(B)
    listener.client.offer_feed(LIVE)
    write = listener.transport.write

    def fill(chunk: bytes) -> None:
        write(chunk)
        listener.block()

    listener.transport.write = fill  # type: ignore[method-assign]
    listener.unblock()
    assert listener.taken() == [LIVE]
    listener.unblock()
    assert listener.taken() == [B.event]


def test_a_slow_client_whose_stream_is_closed_gets_the_last_bytes_and_nothing_else() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A)
    listener.block()
    listener.client.offer(B)
    listener.client.close(b"retry: 1\n")
    listener.unblock()
    assert listener.taken() == [b"retry: 1\n"]
    assert listener.transport.has_ended


def test_a_closed_stream_is_not_written_to_again() -> None:
    hub = new_hub(Limits(clients=1))
    listener = Listener(hub, A)
    listener.client.close(b"retry: 1\n")
    listener.taken()
    at_once(broadcast(hub, B))
    listener.client.close(b"retry: 2\n")
    assert listener.taken() == []


def test_the_encoder_encodes_all_that_is_written() -> None:
    listener = Listener(new_hub(Limits(clients=1)), A, CHUNKED, wants_feed=True)
    assert listener.first.startswith(b"%x\r\nevent: status\n" % (len(listener.first) - 6))
    listener.client.offer(B)
    listener.client.offer_feed(LIVE)
    listener.client.close(b"retry: 1\n")
    assert listener.taken() == [B.chunk, b"%x\r\n%b\r\n" % (len(LIVE), LIVE), b"9\r\nretry: 1\n\r\n0\r\n\r\n"]
