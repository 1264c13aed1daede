"""Looks at a replica's JSON again and again, and keeps each snapshot that differs: a stream shows only what lasts."""

import http.client
import json
import time
from typing import Final, NamedTuple

from chaos.clients.watcher import SteadyWatcher
from chaos.gateways.gateway_client import STATUS

LOOK_SECONDS: Final = 0.02


class Seen(NamedTuple):
    """A snapshot (each session's state) and since when it is shown (monotonic seconds)."""

    at: float
    states: dict[str, str]


class Onlooker(SteadyWatcher):
    def __init__(self, port: int) -> None:
        super().__init__("onlooker", LOOK_SECONDS)
        self.port = port
        self.snapshots: list[Seen] = []
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        self.start()

    def close(self) -> None:
        super().close()
        self._connection.close()

    def _turn(self) -> None:
        try:
            self._connection.request("GET", STATUS)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return
        if response.status == http.client.OK:
            self._saw({row["session_key"]: row["state"] for row in json.loads(body)["sessions"]})

    def _saw(self, states: dict[str, str]) -> None:
        if not self.snapshots or self.snapshots[-1].states != states:
            self.snapshots.append(Seen(time.monotonic(), states))
