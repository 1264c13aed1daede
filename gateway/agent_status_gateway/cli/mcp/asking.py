"""Questions in threads, with a limit: a client may ask a thousand at once, and give each up.

Rule 1. So many questions are asked at a time, and no more. One beyond that is refused at once, with a sentence.
Rule 2. A question that its client has given up takes its place until its thread has ended.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final, TypeVar

from mcp.server.mcpserver.exceptions import ToolError

T = TypeVar("T")

MOST_QUESTIONS: Final = 40
"""The most questions that are asked at a time, besides those of calls that wait."""
MOST_WAITS: Final = 100
"""The most calls that wait at a time, and the most questions that they ask."""


class Asking:
    """Places for so many questions at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places = threading.BoundedSemaphore(most)

    async def ask(self, ask: Callable[[], T]) -> T:
        """Ask in a thread, which is left alone if the client gives up: each question ends by itself.

        Raises:
            ToolError: There is no place.
        """
        self._take()
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()

        def run() -> None:
            try:
                result = ask()
            except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
                self._places.release()
                answer.set_exception(error)
            else:
                self._places.release()
                answer.set_result(result)

        threading.Thread(target=run, name="ask", daemon=True).start()
        return await asyncio.wrap_future(answer)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for as long as this lasts.

        Raises:
            ToolError: There is none.
        """
        self._take()
        try:
            yield
        finally:
            self._places.release()

    def _take(self) -> None:
        if not self._places.acquire(blocking=False):
            raise ToolError(f"{self._most} questions are being asked at this moment, the most at a time: ask later")
