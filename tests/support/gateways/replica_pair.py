"""Two replicas of one board in front of one Redis, and the worker that they show."""

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self

from agent_status_publisher import Session, StatusPublisher
from chaos.clients.watcher import SteadyWatcher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until

SESSION: Final = "web:1"
CHANGE_SECONDS: Final = 0.2


class ReplicaPair:
    """Both are right when the block begins. Settings are those of the replicas."""

    def __init__(self, redis_url: str, **settings: Any) -> None:
        self._url = redis_url
        self._settings: dict[str, Any] = {"debounce_seconds": 0.05, **settings}
        self._stack = ExitStack()
        self.replicas: list[GatewayProcess] = []
        self.session: Session

    def __enter__(self) -> Self:
        with self._stack as stack:
            self.replicas = [GatewayProcess(self._url, **self._settings) for _ in range(2)]
            for replica in self.replicas:
                stack.enter_context(replica)
            publisher = stack.enter_context(StatusPublisher(self._url))
            self.session = publisher.session(SESSION)
            assert publisher.flush(10)
            for replica in self.replicas:
                wait_until(lambda r=replica: r.states() == {SESSION: "thinking"}, "the replica is right")  # type: ignore[misc]
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def ports(self) -> tuple[int, int]:
        one, other = self.replicas
        return one.port, other.port

    def restart(self, number: int) -> None:
        """As an orchestrator does it: told to end, ended, another one in its place, ready."""
        self.replicas[number].stop()
        self.start(number)

    def start(self, number: int) -> None:
        """Another one in the place of one that has ended, ready."""
        again = GatewayProcess(self._url, port=self.replicas[number].port, **self._settings)
        self.replicas[number] = self._stack.enter_context(again).ready()

    def clients(self) -> list[float]:
        """How many open streams each has."""
        return [_gauge(replica, "agent_status_clients") for replica in self.replicas]


class Changes(SteadyWatcher):
    """Another tool every moment, from a thread of its own; `last` is the newest when it has stopped."""

    def __init__(self, session: Session) -> None:
        super().__init__("changes", CHANGE_SECONDS)
        self._session = session
        self._number = 0
        self.last = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def _turn(self) -> None:
        self._number += 1
        self.last = f"tool-{self._number}"
        self._session.tool_running(self.last)


def _gauge(replica: GatewayProcess, name: str) -> float:
    lines = replica.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))
