"""A stream that a thread opens and reads, so that nothing on the way can hold up the checks."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, Queue
from time import monotonic
from typing import Final

import httpx

from agent_status_gateway.cli.http_client import shut
from agent_status_gateway.paths import STREAM_PATH

MOST_UNREAD: Final = 8
"""The lines that wait to be looked at. With more, the thread stops to read."""


class OpenStream:
    """Response to a request for the stream, and its lines as they come."""

    def __init__(self, client: httpx.Client, path: str = STREAM_PATH) -> None:
        self.began_at = monotonic()
        self.is_over = False
        self._response: Future[httpx.Response] = Future()
        self._lines: Queue[str | None] = Queue(MOST_UNREAD)
        self._error = ""
        threading.Thread(target=self._read, args=(client, path), name="doctor-stream", daemon=True).start()

    def response(self, seconds: float) -> httpx.Response:
        """Wait for the response's headers.

        Raises:
            TimeoutError: They have not come in time.
            httpx.HTTPError: There is no response.
        """
        return self._response.result(seconds)

    def wait_for(self, is_it: Callable[[str], bool], seconds: float) -> bool:
        """Wait for such a line. False if it does not come in time."""
        give_up_at = monotonic() + seconds
        while not self.is_over and (left := give_up_at - monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except Empty:
                return False
            if line is None:
                self.is_over = True
            elif is_it(line):
                return True
        return False

    def why_over(self) -> str:
        """Reason why the stream ended; empty while it is open."""
        return f": it was closed{self._error}" if self.is_over else ""

    def close(self) -> None:
        """Close the connection, if there is one. A thread that waits for bytes would keep it open after its client."""
        if self._response.done() and self._response.exception() is None:
            shut(self._response.result())

    def _read(self, client: httpx.Client, path: str) -> None:
        try:
            with client.stream("GET", path) as response:
                self._response.set_result(response)
                self._read_lines(response)
        except Exception as error:  # noqa: BLE001 - the client may be closed in the middle of anything
            if not self._response.done():
                self._response.set_exception(error)
            self._error = f", {type(error).__name__}"
        self._lines.put(None)

    def _read_lines(self, response: httpx.Response) -> None:
        rest: list[str] = []
        for text in response.iter_text():
            first, *lines = text.split("\n")
            rest.append(first)
            for line in lines:
                self._lines.put("".join(rest).removesuffix("\r"))
                rest = [line]
