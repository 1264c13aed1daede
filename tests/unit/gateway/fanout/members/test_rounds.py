"""In which round each client is visited."""

from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.client import Client
from agent_status_gateway.fanout.delivery_counts import DeliveryCounts
from agent_status_gateway.fanout.events.frames import KEEPALIVE, feed_event
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.members.rounds import MOST_BETWEEN, Rounds
from agent_status_gateway.fanout.places import Limits
from tests.support.builders.frames import frame_with
from tests.support.builders.lines import Listener, at_once, new_hub

A = frame_with("idle")
LIVE = feed_event("live", 0.0)
MANY_ROUNDS = 200


def a_client() -> Client:
    return Listener(new_hub(Limits(clients=10)), A).client


def rounds_of(keepalive_seconds: float = 30.0) -> Rounds:
    return Rounds(keepalive_seconds, DeliveryCounts())


@pytest.mark.parametrize(
    ("keepalive", "rounds"), [(0.3, (30, 1000, 6000)), (30.0, (30, 10, 60)), (3600.0, (3600, 10, 60))]
)
def test_rounds_are_a_second_at_most_and_fine_enough_for_any_keepalive(
    keepalive: float, rounds: tuple[int, int, int]
) -> None:
    made = rounds_of(keepalive)
    assert (made.to_keepalive, made.to_feed, made.to_stuck) == rounds


# rounds: Rule 1
@pytest.mark.parametrize("wait", range(1, MOST_BETWEEN + 1))
def test_a_client_is_visited_after_the_rounds_that_it_asked_for_and_not_before(wait: int) -> None:
    rounds, client = rounds_of(), a_client()
    rounds.add(client, wait)
    assert [rounds.next() for _ in range(MOST_BETWEEN + 1)] == [
        [client] if number == wait else [] for number in range(1, MOST_BETWEEN + 2)
    ]


# rounds: Rule 2
def test_no_more_than_five_rounds_pass_between_two_visits() -> None:
    rounds, client = rounds_of(), a_client()
    rounds.add(client, 1000)
    assert [rounds.next() for _ in range(MOST_BETWEEN)][-1] == [client]


@pytest.mark.parametrize("wait", [0, -3])
def test_a_client_that_should_have_been_visited_before_is_visited_in_the_next_round(wait: int) -> None:
    rounds, client = rounds_of(), a_client()
    rounds.add(client, wait)
    assert rounds.next() == [client]


def test_a_client_that_has_left_is_not_visited_and_not_kept() -> None:
    rounds, clients = rounds_of(), [a_client() for _ in range(3)]
    for client in clients:
        rounds.add(client, 3)
    rounds.remove(clients[1])
    assert set(rounds._due[3]) == {clients[0], clients[2]}
    found = [client for _ in range(3) for client in rounds.next()]
    assert set(found) == {clients[0], clients[2]}
    rounds.remove(clients[0])
    assert not rounds._due


def test_who_was_taken_out_and_not_visited_is_visited_once_the_loop_begins_again() -> None:
    rounds, clients = rounds_of(), [a_client() for _ in range(2)]
    rounds.add(clients[0], 1)
    rounds.add(clients[1], 4)
    assert rounds.next() == [clients[0]]
    rounds.begin(clients)
    assert set(rounds.next()) == set(clients)
    assert rounds.next() == []


def pass_(hub: Hub, rounds: int = 1) -> list[Client]:
    """Visit the clients of so many rounds, as the hub's loop does, and return whom."""
    visited = []
    for _ in range(rounds):
        for client in hub._rounds.next():
            hub._rounds.visit(client, lambda: LIVE)
            visited.append(client)
    return visited


def rounds_with_writes(hub: Hub, listener: Listener, rounds: int) -> list[int]:
    """Let so many rounds pass, and return the numbers of those in which something was written, counted from one."""
    wrote = []
    for number in range(1, rounds + 1):
        pass_(hub)
        wrote += [number] * len(listener.taken())
    return wrote


# rounds: Rule 1
def test_an_idle_stream_gets_each_keepalive_in_its_round_and_is_visited_every_fifth() -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A)
    visited = pass_(hub, 31 * 4)
    assert listener.taken() == [KEEPALIVE] * 4
    assert len(visited) == 4 * 7


# rounds: Rule 1
@given(st.lists(st.integers(1, 40), max_size=8))
def test_whenever_events_come_a_keepalive_is_written_in_its_round_and_not_before(waits: list[int]) -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener, frames = Listener(hub, A), cycle([frame_with("active"), A])
    for wait in [*waits, 100]:
        assert rounds_with_writes(hub, listener, wait) == list(range(31, wait + 1, 31))
        listener.client.offer(next(frames))
        listener.taken()


# rounds: Rule 1
@given(st.lists(st.integers(1, 15), max_size=8))
def test_whenever_the_feeds_state_changes_it_is_said_again_ten_rounds_later_and_not_before(waits: list[int]) -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=3600.0)
    listener = Listener(hub, A, wants_feed=True)
    for wait in [*waits, 30]:
        assert rounds_with_writes(hub, listener, wait) == list(range(10, wait + 1, 10))
        at_once(hub.broadcast_feed(LIVE))
        listener.taken()


# rounds: Rule 2
@given(st.integers(0, 100), st.integers(0, 100))
def test_a_stream_that_is_stuck_is_found_within_five_rounds_of_its_minute(before: int, moves: int) -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A)
    pass_(hub, before)
    listener.client.offer(frame_with("active"))
    listener.block()
    for backlog_bytes in range(moves, 0, -1):
        listener.transport.backlog_bytes = backlog_bytes
        pass_(hub)
    pass_(hub, 60 - MOST_BETWEEN)
    assert not listener.transport.is_aborted
    pass_(hub, 2 * MOST_BETWEEN + 2)
    assert listener.transport.is_aborted


@pytest.mark.parametrize("writes_it", ["a keepalive", "a feed event"])
def test_a_client_whose_stream_ends_in_a_visit_is_not_visited_again(writes_it: str) -> None:
    hub = new_hub(Limits(clients=10), keepalive_seconds=30.0)
    listener = Listener(hub, A, wants_feed=writes_it == "a feed event")
    listener.transport.write = lambda _: listener.client.closed()  # type: ignore[method-assign,assignment]
    pass_(hub, 31)
    assert len(hub) == 0
    assert pass_(hub, MANY_ROUNDS) == []
    assert not hub._rounds._due
