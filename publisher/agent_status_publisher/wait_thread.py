"""A thread that waits, so that an event loop does not."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from agent_status_publisher.worker.process_lock import is_over

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """Run `call` in a thread of its own, since the loop's executor may be busy with the agent's work, or shut down."""
    if is_over():  # the call does not wait at the end of the process, and a new thread might never run
        return call()
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def set_result(result: T) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        result = call()
        try:
            loop.call_soon_threadsafe(set_result, result)
        except RuntimeError:  # the loop is closed, so nothing awaits the result
            return

    try:
        threading.Thread(target=run, name="agent-status-wait", daemon=True).start()
    except RuntimeError:  # the interpreter is shutting down and starts no thread
        return call()
    return await done
