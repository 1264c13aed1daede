"""Looks at a replica's JSON again and again, and keeps each snapshot that differs: a stream shows only what lasts."""

import http.client
import json
import threading
import time
from types import TracebackType
from typing import Final, NamedTuple, Self

from chaos.gateways.gateway_client import STATUS

LOOK_SECONDS: Final = 0.02


class Seen(NamedTuple):
    """A snapshot (each session's state) and since when it is shown (monotonic seconds)."""

    at: float
    states: dict[str, str]


class Onlooker:
    def __init__(self, port: int) -> None:
        self.port = port
        self.snapshots: list[Seen] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onlooker", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(5)

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        while not self._over.wait(LOOK_SECONDS):
            try:
                connection.request("GET", STATUS)
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            if response.status == http.client.OK:
                self._saw({row["session_key"]: row["state"] for row in json.loads(body)["sessions"]})
        connection.close()

    def _saw(self, states: dict[str, str]) -> None:
        if not self.snapshots or self.snapshots[-1].states != states:
            self.snapshots.append(Seen(time.monotonic(), states))
