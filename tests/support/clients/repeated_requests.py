"""Ask for the JSON again and again from some threads, and keep each answer that is not a snapshot."""

import http.client
import threading
import time
from types import TracebackType
from typing import Final, Self

from chaos.gateways.gateway_client import STATUS

PAUSE_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 20.0


class RepeatedRequests:
    """Half of the threads keep their connection, half make a new one for each request."""

    def __init__(self, port: int, threads: int = 4) -> None:
        self._port = port
        self.answered = 0
        self.failures: list[str] = []
        self.slowest_seconds = 0.0
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(number % 2 == 0,), name="requests", daemon=True)
            for number in range(threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _ask(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        while not self._over.wait(PAUSE_SECONDS):
            asked_at = time.monotonic()
            try:
                connection.request("GET", STATUS)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            if response.status == http.client.OK:
                self.answered += 1
            else:
                self.failures.append(f"{response.status} {response.reason}")
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - asked_at)
            if not keeps:
                connection.close()
        connection.close()
