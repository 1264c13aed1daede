"""Ways to run things that asyncio does not offer.

They are: several loops as one, a loop that goes on, a coroutine that never waits, and work in steps.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, TypeVar

logger = logging.getLogger(__name__)

RESTART_SECONDS: Final = 1.0
"""Seconds between a failure of a loop and its next start."""
STEP_SECONDS: Final = 0.002
"""Seconds of work after which the event loop's other work gets its turn."""
Result = TypeVar("Result")
CANCEL_AGAIN_SECONDS: Final = 0.1
"""Seconds between two cancellations of a task that has swallowed one."""


async def together(**loops: Coroutine[Any, Any, None]) -> None:
    """Run loops side by side, by name, until the first of them ends or fails; then the others are cancelled.

    Not a TaskGroup, since the callers outlive errors. Before Python 3.13, a TaskGroup that is cancelled from outside
    while a child fails forgets the cancellation. After any failure it leaves `cancelling()` raised, so a caller cannot
    tell which it was.

    Raises:
        Exception: What the first one failed with.
    """
    tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(tasks)


async def keep_running(
    name: str, make_loop: Callable[[], Coroutine[Any, Any, None]], pause_seconds: float = RESTART_SECONDS
) -> None:
    """Run a loop until cancelled; one that fails is logged, and starts again after a pause."""
    while True:
        try:
            await make_loop()
        except Exception:
            logger.exception("%s has failed and starts again", name)
        await asyncio.sleep(pause_seconds)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the tasks until all have ended, and be cancelled only then.

    One cancellation may not be enough, since a library may swallow it: before Python 3.12 `asyncio.wait_for` does, if
    what it waits for ends in that very step. redis-py uses `wait_for` for each command.
    """
    was_cancelled = False
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
        except asyncio.CancelledError:
            was_cancelled = True
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report the others' errors at some later time
    if was_cancelled:
        raise asyncio.CancelledError


def run_at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end.

    Raises:
        RuntimeError: The coroutine waits for something.
    """
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError(f"{coroutine!r} waits for something")


class Turns:
    """Turns of a loop that may find work without waiting: it lets the event loop's other work run in between."""

    def __init__(self) -> None:
        self._began_at = time.perf_counter()

    async def next(self) -> None:
        """Give up the turn if it has been long."""
        if time.perf_counter() - self._began_at > STEP_SECONDS:
            await asyncio.sleep(0)
            self._began_at = time.perf_counter()


async def in_steps(steps: Generator[None, None, Result]) -> Result:
    """Run work in steps, with the event loop's other work between them, and return its result."""
    turns = Turns()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        await turns.next()
