"""One held request: what releases it."""

from collections.abc import Container

from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.fanout.members.poll import Poll
from tests.support.builders.lines import PEER


class Watched:
    """A poll, and what it called, in order."""

    def __init__(self, ids: Container[str]) -> None:
        self.calls: list[str] = []
        self.poll = Poll(
            ids,
            lambda: self.calls.append("answer"),
            release=lambda _: self.calls.append("release"),
            leave=lambda _: self.calls.append("leave"),
            peer=PEER,
        )


def rows(id_: str) -> Update:
    return Update(id_, 1, None, {})


# poll: Rule 1
def test_rows_that_the_client_does_not_have_release_it() -> None:
    watched = Watched(frozenset({"a", "b"}))
    watched.poll.update(rows("b"))
    assert watched.calls == []
    watched.poll.update(rows("c"))
    assert watched.calls == ["release"]


# poll: Rule 3
def test_it_has_left_before_it_is_answered_and_is_answered_once() -> None:
    watched = Watched(frozenset())
    watched.poll.release()
    watched.poll.abort()
    assert watched.calls == ["leave", "answer"]


def test_a_poll_whose_request_has_gone_is_not_answered() -> None:
    watched = Watched(frozenset())
    watched.poll.closed()
    watched.poll.release()
    assert watched.calls == ["leave"]


def test_the_end_of_its_stream_as_in_a_drain_releases_it() -> None:
    watched = Watched(frozenset({"a"}))
    watched.poll.close(b"retry: 1000\n")
    assert watched.calls == ["release"]
    watched.poll.abort("drained")
    assert watched.calls == ["release", "leave", "answer"]


def test_a_feed_event_does_nothing() -> None:
    watched = Watched(frozenset())
    watched.poll.offer_feed(b"event: feed\n\n")
    assert watched.calls == []
