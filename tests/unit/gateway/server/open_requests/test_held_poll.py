"""A request that is held on a connection."""

from typing import Any, cast

from agent_status_gateway.fanout.members.poll import Poll
from agent_status_gateway.server.open_requests.held_poll import HeldPoll
from tests.support.builders.lines import PEER


def hold() -> tuple[HeldPoll, list[object]]:
    """A held request, and what was called: the cycle that must be answered, or that it has left."""
    calls: list[object] = []
    held = HeldPoll(cast("Any", "cycle"), calls.append)
    held.poll = Poll(
        frozenset(), held.release, release=lambda _: None, leave=lambda _: calls.append("has left"), peer=PEER
    )
    return held, calls


def test_a_release_has_its_connection_answer_the_request() -> None:
    held, calls = hold()
    assert held.poll is not None
    held.poll.release()
    assert calls == ["has left", "cycle"]


# held_poll: Rule 1
def test_a_request_whose_connection_closes_has_left_and_is_not_answered() -> None:
    held, calls = hold()
    poll = held.poll
    assert poll is not None
    held.stop()
    held.closed()
    poll.release()
    assert calls == ["has left"]


def test_it_answers_one_request_of_its_connection() -> None:
    held, _ = hold()
    assert held.answers(cast("Any", "cycle"))
    assert not held.answers(cast("Any", "another"))
    held.set_blocked(is_blocked=True)
