"""The gateway with a timer in its event loop that notes how late it is: `python -m bench.probes.held`.

It serves as `agent-status-gateway serve` does, by the environment's settings, and answers `GET /bench/held` with what
was noted since the last such question, in milliseconds. Wall time has whatever else this machine did; so the share of
it that can be this process's own work is noted as well.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import orjson

from agent_status_gateway.main import create_app
from agent_status_gateway.server.serve import serve
from agent_status_gateway.settings import Settings
from agent_status_gateway.telemetry.logs import log_config
from bench.probes.lateness import PROBE_SECONDS, late_probes

HELD_PATH: Final = "/bench/held"
Message = MutableMapping[str, Any]


class HeldTimer:
    """Due each 10 ms by the clock, whenever it really ran before."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.busy_ms: list[float] = []
        self._due_at = 0.0
        self._cpu_seconds = 0.0

    def start(self) -> None:
        self._due_at = time.monotonic() + PROBE_SECONDS
        self._cpu_seconds = time.thread_time()
        asyncio.get_running_loop().call_later(PROBE_SECONDS, self._tick)

    def take(self) -> dict[str, list[float]]:
        """What was noted until now; it begins again."""
        noted = {"late_ms": self.late_ms, "busy_ms": self.busy_ms}
        self.late_ms, self.busy_ms = [], []
        return noted

    def _tick(self) -> None:
        now, cpu_seconds = time.monotonic(), time.thread_time()
        late_seconds = max(0.0, now - self._due_at)
        # All that the loop's thread did since the last probe, if that is less: it may have been made to wait.
        busy_seconds = min(late_seconds, cpu_seconds - self._cpu_seconds)
        for number, late in enumerate(late_probes(late_seconds)):
            self.late_ms.append(1000 * late)
            self.busy_ms.append(1000 * max(0.0, busy_seconds - number * PROBE_SECONDS))
            self._due_at += PROBE_SECONDS
        self._cpu_seconds = cpu_seconds
        asyncio.get_running_loop().call_later(max(0.0, self._due_at - time.monotonic()), self._tick)


class Held:
    """The gateway's app, with one path more."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._timer = HeldTimer()

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            self._timer.start()
        if scope["type"] != "http" or scope["path"] != HELD_PATH:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": orjson.dumps(self._timer.take())})


def main() -> None:
    """Serve until a signal."""
    settings = Settings.load()
    serve(
        Held(create_app(settings)),
        host=settings.host,
        port=settings.port,
        log_config=log_config(settings.log_format, settings.log_level),
    )


if __name__ == "__main__":
    main()
