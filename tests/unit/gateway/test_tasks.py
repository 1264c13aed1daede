"""Several loops as one, and work in steps."""

import asyncio
from collections.abc import Generator

import pytest

from agent_status_gateway import tasks
from agent_status_gateway.tasks import in_steps, keep_running, run_at_once, together


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


async def failing() -> None:
    await asyncio.sleep(0)
    raise ConnectionError("gone")


async def stubborn() -> None:
    """Swallows its first cancellation."""
    try:
        await for_ever()
    except asyncio.CancelledError:
        await for_ever()


def names_left() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def test_the_first_failure_ends_all_and_is_what_is_raised() -> None:
    async def main() -> None:
        with pytest.raises(ConnectionError, match="gone"):
            await together(one=for_ever(), two=failing())
        assert not names_left()

    asyncio.run(main())


def test_the_first_end_ends_all() -> None:
    async def main() -> None:
        await together(one=for_ever(), two=asyncio.sleep(0))
        assert not names_left()

    asyncio.run(main())


def test_a_loop_that_swallows_its_cancellation_is_cancelled_again() -> None:
    async def main() -> None:
        async with asyncio.timeout(5):
            with pytest.raises(ConnectionError):
                await together(one=stubborn(), two=failing())
        assert not names_left()

    asyncio.run(main())


def test_a_caller_that_outlives_errors_can_still_be_cancelled() -> None:
    async def outlive() -> None:
        while True:
            try:
                await together(one=for_ever(), two=failing())
            except ConnectionError:
                await asyncio.sleep(0)

    async def main() -> None:
        task = asyncio.create_task(outlive())
        for _ in range(20):
            await asyncio.sleep(0.001)
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())


def test_a_loop_that_fails_is_logged_and_goes_on_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        failures = [ConnectionError("gone")]
        has_gone_on = asyncio.Event()

        async def fail_once() -> None:
            if failures:
                raise failures.pop()
            has_gone_on.set()
            await for_ever()

        task = asyncio.create_task(keep_running("the loop", fail_once, pause_seconds=0.01))
        async with asyncio.timeout(5):
            await has_gone_on.wait()
            task.cancel()
            await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(main())
    (line,) = caplog.records
    assert line.getMessage() == "the loop has failed and starts again"
    assert line.exc_info is not None


def test_loops_within_loops_leave_nothing_behind_when_cancelled_from_outside() -> None:
    async def very_stubborn() -> None:
        for _ in range(5):
            try:
                await for_ever()
            except asyncio.CancelledError:
                continue

    async def main() -> None:
        task = asyncio.create_task(together(inner=together(one=very_stubborn(), two=for_ever()), three=for_ever()))
        await asyncio.sleep(0.01)
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([task])
        assert task.cancelled()
        assert not names_left()

    asyncio.run(main())


def test_work_in_steps_lets_other_work_of_the_loop_run_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "STEP_SECONDS", -1.0)
    happened: list[str] = []

    def steps() -> Generator[None, None, str]:
        for _ in range(2):
            happened.append("step")
            yield
        return "done"

    async def other() -> None:
        while True:
            happened.append("other")
            await asyncio.sleep(0)

    async def run() -> str:
        beside = asyncio.create_task(other())
        result = await in_steps(steps())
        beside.cancel()
        return result

    assert asyncio.run(run()) == "done"
    assert happened[:4] == ["step", "other", "step", "other"]


def test_short_work_in_steps_does_not_wait_at_all() -> None:
    def steps() -> Generator[None, None, None]:
        yield

    run_at_once(in_steps(steps()))
