"""All of it for real: a server, two replicas behind wires, worker processes, and eyes on every snapshot in between."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from chaos.clients.change_reader import ChangeReader
from chaos.clients.folded import differences
from chaos.clients.onlooker import Onlooker, Seen
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import GatewayClient
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.servers.wire import Wire
from chaos.terms import Terms
from chaos.wait import let_pass, wait_until
from chaos.wall_clock import WallClock
from chaos.workers.worker_process import WorkerProcess

STATES: Final = ("thinking", "streaming", "waiting_for_user")
"""One after the other, so that each change is one."""
SLACK_SECONDS: Final = 10.0
VIEW: Final = "channel=web&state=thinking,streaming,error"
"""A part that a session enters or leaves with each change, or changes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How long until both replicas were right: their JSON, and the streams, which wait for the debounce, too."""

    snapshot_seconds: float
    stream_seconds: float


FOLD_ATTEMPTS: Final = 5


class Readers:
    """The streams of one replica: whole snapshots, changes of the whole, and changes of a view."""

    def __init__(self, stack: ExitStack, url: str) -> None:
        self.whole = stack.enter_context(Dashboard(url))
        self.changes = stack.enter_context(ChangeReader(url))
        self.view = stack.enter_context(ChangeReader(url, VIEW))
        self.all = (self.whole, self.changes, self.view)

    @property
    def newest(self) -> list[dict[str, str] | None]:
        return [reader.newest for reader in self.all]

    @property
    def seen(self) -> Iterator[list[Seen]]:
        """Every snapshot that was sent, to each that reads all of it."""
        yield [
            Seen(event.came_at, {row["session_key"]: row["state"] for row in event.data["sessions"]})
            for event in self.whole.statuses
        ]
        yield [Seen(shown.at, shown.states) for shown in self.changes.shown]

    @property
    def came_at(self) -> float:
        """When the last snapshot or change came."""
        return max(self.whole.statuses[-1].came_at, self.changes.shown[-1].at, self.view.shown[-1].at)

    def expect(self, states: dict[str, str]) -> list[dict[str, str]]:
        """Give what each must show while these are all."""
        return [states, states, in_view(states)]

    def close(self) -> None:
        for reader in self.all:
            reader.close()


def in_view(states: dict[str, str]) -> dict[str, str]:
    """The sessions of `VIEW`."""
    return {
        key: state
        for key, state in states.items()
        if key.startswith("web:") and state in {"thinking", "streaming", "error"}
    }


class Stage:
    """Worker n holds the session `web:n`. `redis_url` is where workers and replicas go, if not straight to the server.

    Args:
        as_processes: Replicas are `agent-status-gateway serve`; otherwise threads of this process, which start quicker.
        clocks: The wall clocks that replica n and worker n believe in; `server_clock` is the server's.
    """

    def __init__(
        self,
        terms: Terms,
        *,
        server: RedisServer | None = None,
        redis_url: str | None = None,
        as_processes: bool = False,
        workers: int = 2,
        clocks: tuple[WallClock, ...] = (),
        server_clock: WallClock | None = None,
    ) -> None:
        self.terms = terms
        self.server = server or RedisServer()
        self.redis_url = redis_url or self.server.url
        self.clocks = clocks
        self.server_clock = server_clock
        self.expected: dict[str, str] = {}
        self.wires: list[Wire] = []
        self.replicas: list[GatewayClient] = []
        self.workers: list[WorkerProcess] = []
        self.onlookers: list[Onlooker] = []
        self.readers: list[Readers] = []
        with ExitStack() as stack:
            stack.callback(self.server.close)
            self._stack = stack
            for _ in range(2):
                self._add_replica(has_wire=redis_url is None, as_process=as_processes)
            for number in range(workers):
                self.workers.append(self.add_worker(self._environment(number)))
                self.say(number, STATES[0])
            for replica in self.replicas:
                replica.ready()
                self.readers.append(Readers(stack, replica.url))
                self.onlookers.append(stack.enter_context(Onlooker(replica.port)))
            self.settle()
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    def add_worker(self, environment: Mapping[str, str] | None = None) -> WorkerProcess:
        return self._stack.enter_context(WorkerProcess(self.redis_url, self.terms, environment=environment))

    def replace_replica(self, number: int) -> None:
        """A new process where one was killed; the onlooker finds it by its port, a dashboard has to come back."""
        replica = self.replicas[number]
        again = GatewayProcess(self.wires[number].url, port=replica.port, **self.terms.of_gateway)
        self.replicas[number] = self._stack.enter_context(again).ready()
        self.readers[number].close()
        self.readers[number] = Readers(self._stack, replica.url)

    def say(self, number: int, state: str) -> None:
        """Worker `number` says what its session does."""
        self.workers[number].publish(f"web:{number}", state)
        self.expected[f"web:{number}"] = state

    def change(self, number: int = 0) -> None:
        """Its session does something else."""
        before = self.expected.get(f"web:{number}", STATES[-1])
        self.say(number, STATES[(STATES.index(before) + 1) % len(STATES)])

    def settle(self) -> None:
        """Wait until every eye sees what is."""
        seconds = self.terms.lease_seconds + self.terms.error_ttl_seconds + SLACK_SECONDS
        self._wait_to_show(self.expected, seconds)

    def check_folds(self) -> None:
        """Hold that what each reader of changes has folded is the snapshot, in all fields and ages.

        What is not news rides along: so another change comes first, and once more if something came right behind it.
        """
        for attempt in range(FOLD_ATTEMPTS):
            self.change(1)
            self.settle()
            found = list(self._differences())
            if not found:
                return
            let_pass(attempt * self.terms.debounce_seconds)
        raise AssertionError(f"folding changes does not come to the snapshot: {found}")

    def _differences(self) -> Iterator[str]:
        for replica, readers in zip(self.replicas, self.readers, strict=True):
            for reader, query in ((readers.changes, ""), (readers.view, f"?{VIEW}")):
                yield from differences(reader.snapshot(), replica.snapshot(query))

    @property
    def dashboards(self) -> list[Dashboard]:
        """All readers of streams."""
        return [dashboard for readers in self.readers for dashboard in readers.all]

    @property
    def newest(self) -> list[dict[str, str] | None]:
        looked_at = [onlooker.snapshots[-1].states if onlooker.snapshots else None for onlooker in self.onlookers]
        return looked_at + [newest for readers in self.readers for newest in readers.newest]

    def shows(self, states: dict[str, str]) -> bool:
        expected = [states for _ in self.onlookers] + [
            part for readers in self.readers for part in readers.expect(states)
        ]
        return self.newest == expected

    def recovery(self, since: float, timeout_seconds: float, states: dict[str, str] | None = None) -> Recovery:
        """How long after `since` all were right for good; the newest snapshot must be so by now or in time."""
        wanted = dict(self.expected if states is None else states)
        self._wait_to_show(wanted, timeout_seconds)
        return Recovery(
            snapshot_seconds=max(onlooker.snapshots[-1].at for onlooker in self.onlookers) - since,
            stream_seconds=max(readers.came_at for readers in self.readers) - since,
        )

    def _wait_to_show(self, states: dict[str, str], timeout_seconds: float) -> None:
        try:
            wait_until(lambda: self.shows(states), f"all show {states}", timeout_seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}, but {self.newest}") from None

    def snapshots(self, since: float) -> list[Seen]:
        """Every snapshot that anybody has been shown since then, the one that stood there included."""
        seen: list[Seen] = []
        for onlooker in self.onlookers:
            seen += _since(onlooker.snapshots, since)
        for readers in self.readers:
            for shown in readers.seen:
                seen += _since(shown, since)
        return seen

    def check(self, since: float, is_right: Callable[[dict[str, str]], bool]) -> None:
        """No eye has seen a wrong snapshot since then."""
        wrong = [snapshot for snapshot in self.snapshots(since) if not is_right(snapshot.states)]
        assert not wrong, f"wrong snapshots since {since:.2f}: {wrong}"

    def check_nobody_missed(self, since: float) -> None:
        """Every session was in every snapshot, and none was called lost: no flicker."""
        keys = set(self.expected)
        self.check(since, lambda states: set(states) >= keys and "error" not in states.values())

    def watch(self, seconds: float, is_right: Callable[[dict[str, str]], bool]) -> None:
        """For so long, every snapshot is right."""
        since = time.monotonic()
        let_pass(seconds)
        self.check(since, is_right)

    def probes(self, path: str = "/readyz") -> list[int | None]:
        return [replica.probe(path) for replica in self.replicas]

    def wait_for_probes(self, status: int, timeout_seconds: float) -> float:
        """When all replicas answered so."""
        wait_until(lambda: set(self.probes()) == {status}, f"/readyz is {status} everywhere", timeout_seconds)
        return time.monotonic()

    def _add_replica(self, *, has_wire: bool, as_process: bool) -> None:
        url = self.redis_url
        if has_wire:
            wire = self._stack.enter_context(Wire(self.server.socket))
            self.wires.append(wire)
            url = wire.url
        settings = self.terms.of_gateway
        if as_process:
            environment = self._environment(len(self.replicas))
            process = GatewayProcess(url, environment=environment, **settings)
            self.replicas.append(self._stack.enter_context(process))
        else:
            self.replicas.append(self._stack.enter_context(GatewayThread(url, **settings)))

    def _environment(self, number: int) -> Mapping[str, str]:
        return self.clocks[number % len(self.clocks)].environment if self.clocks else {}


def _since(snapshots: list[Seen], since: float) -> list[Seen]:
    before = [snapshot for snapshot in snapshots if snapshot.at < since]
    return before[-1:] + [snapshot for snapshot in snapshots if snapshot.at >= since]
