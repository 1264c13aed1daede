"""How many streams and views there may be."""

import pytest

from agent_status_gateway.fanout.client import Peer
from agent_status_gateway.fanout.places import Limits, Places
from agent_status_gateway.state.views.view import WHOLE
from tests.support.builders.viewing import channel

ALICE, BOB = Peer("10.0.0.1", 1, "alice"), Peer("10.0.0.2", 2, "bob")


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(clients=1), "this replica is full"),
        (Limits(clients=9, clients_per_key=1), "this key has as many streams as it may have here"),
        (Limits(clients=9, clients_per_address=1), "this address has as many streams as it may have here"),
    ],
)
def test_a_stream_is_refused_where_the_places_are_taken_until_one_is_given_back(limits: Limits, reason: str) -> None:
    places = Places(limits)
    assert places.why_full(ALICE.key_name, ALICE.address) is None
    places.take(ALICE, WHOLE)
    assert places.why_full(ALICE.key_name, ALICE.address) == reason
    places.give_back(ALICE, WHOLE)
    assert places.why_full(ALICE.key_name, ALICE.address) is None


def test_another_key_and_address_have_places_of_their_own() -> None:
    places = Places(Limits(clients=9, clients_per_key=1, clients_per_address=1, views_per_key=1))
    places.take(ALICE, channel("web"))
    assert places.why_full(BOB.key_name, BOB.address, channel("ci")) is None


def test_a_view_that_somebody_has_takes_no_place_of_another() -> None:
    places = Places(Limits(clients=9, views=1))
    places.take(ALICE, channel("web"))
    assert places.why_full(BOB.key_name, BOB.address, channel("web")) is None
    assert places.why_full(BOB.key_name, BOB.address, WHOLE) is None, "the whole snapshot is not counted"
    assert places.why_full(BOB.key_name, BOB.address, channel("ci")) == "this replica has as many views as it may have"


def test_a_view_has_its_place_until_its_last_stream_has_ended() -> None:
    places = Places(Limits(clients=9, views=1))
    places.take(ALICE, channel("web"))
    places.take(BOB, channel("web"))
    places.give_back(ALICE, channel("web"))
    assert places.why_full("x", "10.0.0.3", channel("ci"))
    places.give_back(BOB, channel("web"))
    assert places.why_full("x", "10.0.0.3", channel("ci")) is None


def test_a_key_may_have_so_many_views() -> None:
    places = Places(Limits(clients=9, views_per_key=1))
    places.take(ALICE, channel("web"))
    assert places.why_full("alice", ALICE.address, channel("web")) is None
    assert places.why_full("alice", ALICE.address, channel("ci")) == "this key has as many views as it may have here"


def test_nothing_is_kept_of_who_has_left() -> None:
    places = Places(Limits(clients=9))
    for number in range(100):
        peer = Peer(f"10.0.0.{number}", 1, f"key{number}")
        places.take(peer, channel(str(number)))
        places.give_back(peer, channel(str(number)))
    assert [*places._by_key, *places._by_address, *places._views, *places._views_by_key] == []
    assert places._taken == 0
