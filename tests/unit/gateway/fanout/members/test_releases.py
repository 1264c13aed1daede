"""When held requests are answered: a few in each turn of the event loop."""

import asyncio

import pytest

from agent_status_gateway.fanout.members.releases import RELEASES_A_TURN
from agent_status_gateway.fanout.places import Limits
from tests.support.builders.held import Held, turns
from tests.support.builders.lines import new_hub


def test_a_few_are_answered_in_a_turn_and_the_others_in_the_next_ones() -> None:
    async def run() -> list[int]:
        hub = new_hub(Limits(clients=100))
        held = [Held(hub) for _ in range(2 * RELEASES_A_TURN + 1)]
        for one in held:
            one.poll.close()
        counts = []
        for _ in range(4):
            await turns(1)
            counts.append(sum(one.answers for one in held))
        return counts

    most = RELEASES_A_TURN
    assert asyncio.run(run()) == [most, 2 * most, 2 * most + 1, 2 * most + 1]


def test_one_that_is_released_twice_is_answered_once() -> None:
    async def run() -> int:
        held = Held(new_hub(Limits(clients=100)))
        held.poll.close()
        held.poll.close()
        await turns()
        held.poll.close()
        await turns()
        return held.answers

    assert asyncio.run(run()) == 1


def test_one_that_has_gone_before_its_turn_is_not_answered() -> None:
    async def run() -> int:
        held = Held(new_hub(Limits(clients=100)))
        held.poll.close()
        held.poll.closed()
        await turns()
        return held.answers

    assert asyncio.run(run()) == 0


def test_one_is_answered_when_its_seconds_are_over() -> None:
    async def run() -> int:
        held = Held(new_hub(Limits(clients=100)), seconds=0.01)
        async with asyncio.timeout(5):
            await held.is_answered.wait()
        return held.answers

    assert asyncio.run(run()) == 1


def test_nothing_is_kept_of_those_that_were_answered_or_have_gone() -> None:
    async def run() -> None:
        hub = new_hub(Limits(clients=100))
        answered, gone = Held(hub), Held(hub)
        timers = [*hub._releases._timers.values()]
        answered.poll.close()
        gone.poll.closed()
        await turns()
        assert all(timer.cancelled() for timer in timers)
        assert len(hub._releases) == len(hub._releases._next) == len(hub) == 0

    asyncio.run(run())


def fail() -> None:
    raise RuntimeError("a defect")


def test_one_that_cannot_be_answered_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> int:
        hub = new_hub(Limits(clients=100))
        broken, other = Held(hub), Held(hub)
        broken.poll._on_release = fail
        broken.poll.close()
        other.poll.close()
        await turns()
        return other.answers

    assert asyncio.run(run()) == 1
    assert "a held request could not be answered" in caplog.text
