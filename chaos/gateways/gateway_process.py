"""A real gateway: `python -m agent_status_gateway serve` on a free port."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.gateways.gateway_client import STATUS, STREAM, GatewayClient
from chaos.ports import free_port
from chaos.wait import wait_until

__all__ = ["STATUS", "STREAM", "GatewayProcess", "clean_environment"]


def clean_environment(settings: Mapping[str, object]) -> dict[str, str]:
    """This process's environment without any setting of ours, plus these, by their names without the prefix."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AGENT_STATUS_", "REDIS_"))}
    return ours | {f"AGENT_STATUS_{name.upper()}": str(value) for name, value in settings.items()}


class GatewayProcess(GatewayClient):
    """Settings by their names in lower case; quick to drain unless told otherwise."""

    def __init__(
        self,
        redis_url: str,
        *,
        command: tuple[str, ...] = (),
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        **settings: object,
    ) -> None:
        super().__init__(port or free_port())
        self._log = tempfile.NamedTemporaryFile("w+b", prefix="gateway-", suffix=".log", delete=False)  # noqa: SIM115
        given = {"redis_url": redis_url, "drain_seconds": 0.2, "port": self.port} | settings
        arguments = [part.format(port=self.port) for part in command] or ["-m", "agent_status_gateway", "serve"]
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            env=clean_environment(given) | dict(environment or {}),
            stdout=self._log,
            stderr=self._log,
        )

    def __enter__(self) -> Self:
        wait_until(self.is_listening, f"the gateway listens; it says: {self.log()}", 20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self._log.close()
        Path(self._log.name).unlink(missing_ok=True)

    def is_listening(self) -> bool:
        assert self.process.poll() is None, f"the gateway ended by itself: {self.log()}"
        return self.probe("/livez") is not None

    def log(self) -> str:
        return Path(self._log.name).read_text("utf-8", "replace")

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout_seconds: float = 15.0) -> int:
        """Its exit status; ends it if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the gateway did not end: {self.log()}") from None
        return self.process.returncode
