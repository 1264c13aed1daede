"""A fleet of which keys of four kinds show the same part, and whose outside can change while its inside stays.

Three workers. One holds sessions of both sides, one only of the inside, one only of the outside. The inside is `web:1`
to `web:4`, and `web:9`, which has ended. The parent of most of them, `lead:1`, is outside.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from agent_status_gateway.paths import STATUS_PATH, TICKET_PATH
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.wire import (
    WRITE_SCRIPT,
    EndedRecord,
    Keys,
    SessionRecord,
    encode_record,
    write_arguments,
)
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from chaos.workers.reports import record, session

SCOPES: Final = {
    "session": "session=web:1 session=web:2 session=web:3 session=web:4 session=web:9",
    "channel": "channel=web",
    "label": "label=team:web",
    "parent": "parent=lead:1 parent=web:1",
}
"""By the kind of a key, the part that it allows, as a line of keys says it. The key is `KINDkey`."""
INSIDE: Final = ["web:1", "web:2", "web:3", "web:4"]
CAPACITY: Final = 8
"""Places of the two workers that hold a session of the inside."""
STALLED: Final = "stalled=600"
HIDDEN: Final = ("ops", "ci:", "SECRET", "outer")
"""What no answer about the inside has in it, in a name, a title or an error of the outside."""
WEB: Final = (("team", "web"),)
OPS: Final = (("team", "ops"),)
KEYS: Final = Keys("default")


def open_session(
    key: str, labels: tuple[tuple[str, str], ...], parent: str | None = None, **said: Any
) -> SessionRecord:
    """A session that has been in its state for 1,000 s, and whose agent called it 5 s ago unless it is said."""
    ages = {"changed_ms": 1_000_000, "run_ms": 1_000_000, "called_ms": 995_000}
    return session(key, **(ages | {"details": Details(labels, parent)} | said))


def ended_session(key: str, labels: tuple[tuple[str, str], ...], parent: str, title: str) -> EndedRecord:
    return EndedRecord(key, 1_000_000, 20_000, Outcome.DONE, title, None, labels, parent)


def key_of(kind: str) -> dict[str, str]:
    """The header with the key of this kind; `all` is that without a scope."""
    return {"X-Status-Key": "everything" if kind == "all" else f"{kind}key"}


class ScopedFleet:
    """The fleet and its gateway, for a module of tests. `base` must come before each of them."""

    def __init__(self, server: RedisServer, folder: Path) -> None:
        file = folder / "keys"
        file.write_text(
            "".join(["all: everything\n", *(f"{kind}: {kind}key {part}\n" for kind, part in SCOPES.items())])
        )
        self._client = server.client()
        self._seq = 0
        self._began_at = time.monotonic()
        self._write_base()
        self.gateway = GatewayThread(server.url, api_keys_file=file, debounce_seconds=0.1)
        self._http = httpx.Client(base_url=self.gateway.url, timeout=8)

    def __enter__(self) -> Self:
        self.gateway.ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.close()
        self.gateway.__exit__(kind, error, traceback)
        self._client.close()

    def get(self, kind: str, path: str = STATUS_PATH, **headers: str) -> httpx.Response:
        """What a key of this kind is answered."""
        return self._http.get(path, headers=key_of(kind) | headers)

    def ticket(self, kind: str) -> str:
        """A ticket that allows what this key does."""
        text: str = self._http.post(TICKET_PATH, headers=key_of(kind)).json()["ticket"]
        return text

    def base(self) -> None:
        """Bring both sides back to where they were."""
        self._write_base()
        states = dict.fromkeys(INSIDE, "thinking") | {"ops:1": "thinking", "ci:1": "thinking", "lead:1": "error"}
        self._wait_for(lambda rows: {key: row["state"] for key, row in rows.items()} == states)
        self._wait_for(lambda rows: not rows["ops:1"]["stalled"])

    def outside_stalls(self) -> None:
        """Have a session of the outside stall, of a worker that holds sessions of the inside, too."""
        self._write("mixed", *self._inside(), open_session("ops:1", OPS, called_ms=0))
        self._wait_for(lambda rows: bool(rows["ops:1"]["stalled"]))

    def outside_changes(self) -> None:
        """Change all that there is of the outside: states, titles, ends, parents and workers."""
        told = {"error": "SECRET", "title": "SECRET"}
        more = [open_session(f"ci:{number}", OPS, "ops:1", state="error", **told) for number in range(2, 30)]
        gone = [ended_session(f"ci:{number}", OPS, "ops:1", "SECRET") for number in range(30, 40)]
        self._write("mixed", *self._inside(), open_session("ops:1", OPS, state="error", **told), ended=gone[:5])
        # The parent of the inside has ended.
        self._write("outer", *more, ended=[*gone[5:], ended_session("lead:1", OPS, "ops:1", "SECRET")])
        self._write("outer-2", open_session("ci:50", OPS, "ops:1"), max_concurrent=64)
        self._wait_for(lambda rows: len(rows) == len(INSIDE) + len(more) + 2 and "lead:1" not in rows)

    def inside_changes(self) -> None:
        """Change a state of the inside."""
        self._write("inner", open_session("web:4", WEB, "lead:1", state="streaming"))

    def _write_base(self) -> None:
        self._write("mixed", *self._inside(), open_session("ops:1", OPS))
        self._write("inner", open_session("web:4", WEB, "lead:1"))
        outside = open_session("ci:1", OPS, "ops:1"), open_session("lead:1", OPS, state="error", error="SECRET")
        self._write("outer", *outside, ended=[ended_session("ops:9", OPS, "ops:1", "SECRET")])
        self._write("outer-2", left=True)

    def _inside(self) -> list[SessionRecord]:
        """The sessions of the inside that a worker of both sides holds, one of them stalled."""
        return [
            open_session("web:1", WEB, "lead:1", called_ms=0),
            open_session("web:2", WEB, "lead:1"),
            open_session("web:3", WEB, "web:1"),
        ]

    def _write(self, worker: str, *sessions: SessionRecord, ended: Sequence[EndedRecord] = (), **said: Any) -> None:
        """Report what has only grown older since the fleet began, but for what differs."""
        age_ms = round(1000 * (time.monotonic() - self._began_at))
        capacity = {"mixed": 3, "inner": 5, "outer": 16}.get(worker, 0)
        uptime_ms = age_ms + (100_000 if worker in ("mixed", "inner") else 9_000_000)
        ends = [ended_session("web:9", WEB, "lead:1", "told"), *ended] if worker == "mixed" else ended
        defaults = {
            "lease_ms": 600_000,
            "max_concurrent": capacity,
            "uptime_ms": uptime_ms,
            "host": f"{worker}.example",
        }
        aged = [one._replace(changed_ms=one.changed_ms + age_ms, run_ms=one.run_ms + age_ms) for one in sessions]
        over = [one._replace(ended_ms=(one.ended_ms or 0) + age_ms, run_ms=one.run_ms + age_ms) for one in ends]
        self._seq += 1
        report = record(f"w-{worker}", *aged, **(defaults | {"ended": tuple(over)} | said))
        keys, arguments = write_arguments(KEYS, report, self._seq, encode_record(report), sharded=False)
        self._client.eval(WRITE_SCRIPT, len(keys), *keys, *arguments)

    def _wait_for(self, predicate: Callable[[Mapping[str, Any]], bool]) -> None:
        def is_there() -> bool:
            rows: list[Mapping[str, Any]] = self.get("all", f"{STATUS_PATH}?{STALLED}").json()["sessions"]
            return bool(predicate({row["session_key"]: row for row in rows}))

        wait_until(is_there, "the gateway knows what was written")
