"""Events that are posted to a peer, over one connection while they come quickly."""

import http.client
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

IDLE_SECONDS: Final = 1.0
"""After this long a new connection is made: the server may be about to close the old one."""


class PostError(Exception):
    """The peer did not take the event."""


class Post:
    """To one path of a server on this machine."""

    def __init__(self, port: int, path: str, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._path = path
        self._headers = dict(headers or {})
        self._used_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def __call__(self, body: str | bytes) -> None:
        """Back when the peer has answered.

        Raises:
            PostError: It did not take it.
        """
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self._connection.close()  # the request opens it again
        self._connection.request("POST", self._path, body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        self._used_at = time.monotonic()
        if response.status >= 300:
            raise PostError(f"{self._path} answered {response.status}: {answer[:200]!r}")
