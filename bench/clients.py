"""The load generator from Python: many clients of one server, in a C process of their own."""

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench.compiled import compiled

WINDOW: Final = 128
"""How many may wait for their first bytes at once: every server's backlog holds these."""
CONNECT_SECONDS: Final = 120.0
BOUND_SHARE: Final = 0.85
"""A generator that is busy for more than this share of the time measures itself."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one phase brought, as the generator said it."""

    said: dict[str, Any]

    def __getitem__(self, name: str) -> float:
        return float(self.said[name])

    @property
    def to_all_ms(self) -> list[float]:
        """For each event: from its stamp to the last client that read it."""
        return [(last - stamp) / 1e6 for stamp, _, _, last in self.said["stamps"]]

    @property
    def busy_share(self) -> float:
        """The generator's CPU over the time in which events were under way."""
        under_way_ns = 1e6 * sum(self.to_all_ms)
        return self["cpu_ns"] / under_way_ns if under_way_ns else 0.0


class ClientsError(Exception):
    """The clients could not be had, or did not get what they waited for."""


class Clients:
    """Clients of one server on this machine. `connect` connects them; leaving the block closes them all.

    Args:
        path: What they ask for; with several, each client takes the next one.
        marker: What each event has once.
    """

    def __init__(
        self,
        port: int,
        path: str | Sequence[str],
        marker: str,
        *,
        headers: str = "",
        receive_buffer_bytes: int | None = None,
    ) -> None:
        rest = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n{headers}\r\n"
        with tempfile.NamedTemporaryFile("w", prefix="request-", newline="") as file:
            file.writelines(f"GET {one}{rest}" for one in ([path] if isinstance(path, str) else path))
            file.flush()
            command: list[str | Path] = [compiled("clients"), str(port), file.name, marker]
            if receive_buffer_bytes is not None:
                command.append(str(receive_buffer_bytes))
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.reset()  # its answer says that the file has been read

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def connect(self, count: int, *, window: int = WINDOW, rate: float = 0.0, check: bool = True) -> dict[str, Any]:
        """So many more; back when each has its first bytes. `rate` is connections a second, 0 at full speed.

        Raises:
            ClientsError: Some were refused, or had no answer in time.
        """
        said = self._ask(f"connect {count} {window} {rate} {1000 * CONNECT_SECONDS:.0f}")
        if check and (said["unanswered"] or said["refused"] or said["lost"]):
            raise ClientsError(f"of {count} clients not all are connected: {said}")
        return said

    def begin_wait(self, what: str, target: int, seconds: float) -> None:
        """`wait`, in two halves: whoever calls has something to do between them."""
        self._say(f"wait {what} {target} {1000 * seconds:.0f}")

    def end_wait(self) -> int:
        """When the last one had it, on the monotonic clock.

        Raises:
            ClientsError: Not all had it in time.
        """
        said = self._hear()
        if said["reached"] < said["of"]:
            raise ClientsError(f"only {said['reached']} of {said['of']} clients got it in time")
        return int(said["at_ns"])

    def wait_events(self, count: int, seconds: float) -> int:
        """Until each client that reads has so many events since the last reset."""
        self.begin_wait("events", count, seconds)
        return self.end_wait()

    def wait_stamp(self, stamp_ns: int, seconds: float) -> int:
        """Until each client that reads has this stamp or a newer one."""
        self.begin_wait("stamp", stamp_ns, seconds)
        return self.end_wait()

    def reset(self) -> int:
        """A phase begins."""
        return int(self._ask("reset")["at_ns"])

    def report(self) -> Report:
        return Report(self._ask("report"))

    def stall(self, count: int) -> None:
        """The first so many stop reading."""
        self._ask(f"stall {count}")

    def resume(self) -> None:
        self._ask("resume")

    def close(self) -> None:
        """All connections; there can be new ones after it."""
        self._ask("close")

    def _ask(self, line: str) -> dict[str, Any]:
        self._say(line)
        return self._hear()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ClientsError("the load generator has ended")
        said: dict[str, Any] = json.loads(line)
        return said


def stamp() -> int:
    """This moment, on the clock that the generator reads."""
    return time.monotonic_ns()
