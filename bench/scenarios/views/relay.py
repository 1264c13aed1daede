"""A program that takes changed rows from our gateway, and publishes each by itself: what a peer needs before it."""

import json
from collections.abc import Callable
from typing import Any, Final, Self

from bench.gateway_run import STREAM_PATH, GatewayRun
from chaos.clients.sse import Dashboard
from chaos.clients.watcher import SteadyWatcher

Row = dict[str, Any]
LOOK_SECONDS: Final = 0.05


class Relay(SteadyWatcher):
    """Publishes the row of each session that changes, for as long as the block runs.

    Args:
        publishers: What each peer does with a session's key and its row as JSON.
    """

    def __init__(self, gateway: GatewayRun, publishers: list[Callable[[str, str], None]]) -> None:
        super().__init__("relay", LOOK_SECONDS)
        self._reader = Dashboard(f"http://127.0.0.1:{gateway.port}", f"{STREAM_PATH}?events=changes")
        self._publishers = publishers
        self._taken = 0
        self.rows = 0
        """The rows published since the block began."""

    def __enter__(self) -> Self:
        self._reader.wait_for_first()
        self.start()
        return self

    def close(self) -> None:
        super().close()
        self._reader.close()

    def _turn(self) -> None:
        events = self._reader.events[self._taken :]
        self._taken += len(events)
        for event in events:
            if event.name != "change":
                continue
            for row in event.data["sessions"]:
                text = json.dumps(row, separators=(",", ":"))
                for publish in self._publishers:
                    publish(row["session_key"], text)
                self.rows += 1
