"""Which connection is aborted when there are too many, or when it reads nothing."""

import asyncio
from typing import cast

import pytest

from agent_status_gateway.access import guests as guests_module
from agent_status_gateway.access.guests import LOOK_SECONDS, Guests
from tests.unit.gateway.server.test_request_deadlines import TurnedLoop

STUCK_SECONDS = 60.0


class FakeGuest:
    def __init__(self, name: str, *, unsent_bytes: int = 0, is_let_in: bool = False) -> None:
        self.name = name
        self.unsent_bytes = unsent_bytes
        self.held_bytes = unsent_bytes
        self.is_let_in = is_let_in
        self.is_aborted = False

    def abort(self) -> None:
        assert not self.is_aborted
        self.is_aborted = True


class House:
    """Guests of a loop that the test turns."""

    def __init__(self) -> None:
        self.loop = TurnedLoop()
        self.guests = Guests(STUCK_SECONDS, cast("asyncio.AbstractEventLoop", self.loop))
        self._came: list[FakeGuest] = []

    def comes(self, name: str, *, unsent_bytes: int = 0, is_let_in: bool = False) -> FakeGuest:
        guest = FakeGuest(name, unsent_bytes=unsent_bytes, is_let_in=is_let_in)
        self._came.append(guest)
        self.guests.add(guest)
        return guest

    @property
    def aborted(self) -> list[str]:
        return [guest.name for guest in self._came if guest.is_aborted]


@pytest.fixture
def house() -> House:
    return House()


def test_the_first_guest_without_a_request_is_aborted_first(house: House) -> None:
    for name in ("first", "second", "third"):
        house.comes(name)
    house.guests.make_room()
    house.guests.make_room()
    assert house.aborted == ["first", "second"]


def test_a_guest_with_a_recent_request_stays(house: House) -> None:
    busy = house.comes("busy")
    house.comes("idle")
    house.guests.requested(busy)
    house.guests.make_room()
    assert house.aborted == ["idle"]


def test_a_guest_that_was_let_in_is_aborted_only_when_there_is_no_other(house: House) -> None:
    house.comes("reader", is_let_in=True)
    house.comes("stranger")
    house.guests.make_room()
    assert house.aborted == ["stranger"]
    house.guests.make_room()
    assert house.aborted == ["reader", "stranger"]


def test_a_guest_that_was_let_in_and_then_asks_without_a_key_is_a_stranger(house: House) -> None:
    former = house.comes("former", is_let_in=True)
    house.comes("other")
    house.guests.make_room()
    former.is_let_in = False
    house.guests.requested(former)
    house.comes("reader", is_let_in=True)
    house.guests.make_room()
    assert house.aborted == ["former", "other"]


def test_a_guest_that_left_is_not_aborted(house: House) -> None:
    house.guests.remove(house.comes("gone"))
    house.guests.remove(FakeGuest("never came"))
    house.guests.make_room()
    assert (house.aborted, len(house.guests)) == ([], 0)


def test_a_guest_that_reads_nothing_for_too_long_is_aborted_and_not_before(house: House) -> None:
    house.comes("stuck", unsent_bytes=1)
    house.loop.pass_(STUCK_SECONDS)
    assert house.aborted == []
    house.loop.pass_(3 * LOOK_SECONDS)
    assert house.aborted == ["stuck"]


def test_a_guest_with_a_key_that_reads_nothing_is_aborted_too(house: House) -> None:
    house.comes("stuck", unsent_bytes=1, is_let_in=True)
    house.loop.pass_(STUCK_SECONDS + 3 * LOOK_SECONDS)
    assert house.aborted == ["stuck"]


def test_the_time_runs_from_the_first_unsent_byte(house: House) -> None:
    guest = house.comes("late")
    house.loop.pass_(10 * STUCK_SECONDS)
    guest.unsent_bytes = 100
    house.loop.pass_(STUCK_SECONDS)
    assert house.aborted == []
    house.loop.pass_(3 * LOOK_SECONDS)
    assert house.aborted == ["late"]


def test_a_guest_that_reads_a_byte_now_and_then_stays(house: House) -> None:
    guest = house.comes("slow", unsent_bytes=100)
    for _ in range(20):
        house.loop.pass_(STUCK_SECONDS - 2)
        guest.unsent_bytes -= 1
    assert house.aborted == []


def test_more_unsent_bytes_are_not_progress(house: House) -> None:
    guest = house.comes("greedy", unsent_bytes=100)
    for _ in range(7):
        house.loop.pass_(10)
        guest.unsent_bytes += 100
    assert house.aborted == ["greedy"]


def test_bytes_held_for_strangers_are_bounded_and_the_oldest_request_goes_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests_module, "MAX_HELD_BYTES", 250)
    first = house.comes("first", unsent_bytes=100)
    for name in ("second", "third", "fourth"):
        house.comes(name, unsent_bytes=100)
    house.comes("reader", unsent_bytes=1000, is_let_in=True)
    house.guests.requested(first)
    house.loop.pass_(3 * LOOK_SECONDS)
    assert house.aborted == ["second", "third"]


def test_a_guest_that_reads_may_be_owed_any_amount(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests_module, "MAX_HELD_BYTES", 250)
    reader = house.comes("reader", unsent_bytes=1000)
    for _ in range(10):
        house.loop.pass_(LOOK_SECONDS / 2)
        reader.unsent_bytes -= 50
    assert house.aborted == []


def test_no_timer_runs_without_guests_and_one_for_a_thousand(house: House) -> None:
    everybody = [house.comes(str(number)) for number in range(1000)]
    assert len(house.loop.timers) == 1
    house.loop.pass_(10 * LOOK_SECONDS)
    assert len(house.loop.timers) == 1
    for guest in everybody:
        house.guests.remove(guest)
    house.loop.pass_(2 * LOOK_SECONDS)
    assert house.loop.timers == []
