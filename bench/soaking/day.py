"""What happens in a soak's day, at random and with a known right snapshot at any time that all is left in peace."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from bench.row import Row
from bench.soaking.background import Background
from bench.soaking.crowd import Crowd, split
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.terms import Terms
from chaos.workers.worker_process import WorkerProcess

TERMS: Final = Terms(heartbeat_seconds=0.5, lease_seconds=2.0, error_ttl_seconds=2.0, debounce_seconds=0.2)
LARGE_TERMS: Final = replace(TERMS, debounce_seconds=1.0)
"""Clients parse megabytes on the same machine."""
STATES: Final = ("thinking", "tool_running", "streaming", "waiting_for_user")
SESSIONS_EACH: Final = 5
PAUSE_SECONDS: Final = (0.05, 0.5)


class Worker:
    """A process, and the sessions that it holds by its own report."""

    def __init__(self, name: int, redis_url: str, stack: ExitStack) -> None:
        self.process = stack.enter_context(WorkerProcess(redis_url, TERMS))
        self.name = name
        self.sessions: dict[str, str] = {}
        self.is_frozen = False

    def say(self, number: int, state: str) -> None:
        """One of its sessions does something, or ends."""
        key = f"soak:{self.name}-{number}"
        if state == "end":
            self.process.do(f"publisher.session({key!r}).end()")
            self.sessions.pop(key, None)
        else:
            self.process.publish(key, state)
            self.sessions[key] = state


class Day:
    """Redis, one replica that lasts and one that comes and goes, workers, and a crowd of clients.

    Args:
        background_sessions: Sessions of a large fleet beside these workers, which changes all day.
    """

    def __init__(
        self, randomly: random.Random, *, clients: int, workers: int, background_sessions: int, stack: ExitStack
    ) -> None:
        self.happened: Counter[str] = Counter()
        self.rows: list[Row] = []
        self._randomly = randomly
        self._stack = stack
        self._redis = RedisServer("--maxclients", "5000")
        stack.callback(self._redis.close)
        self._terms = LARGE_TERMS if background_sessions else TERMS
        self._background = Background(self._redis.url, background_sessions, stack)
        self.lasting = self._replica()
        self._coming = self._replica()
        self._most_workers = workers
        self._names = 0
        self._workers: list[Worker] = []
        for _ in range(workers):
            self.a_worker_comes()
        self.most_clients = clients
        self._crowd = Crowd(clients, (self.lasting.port, self._coming.port), randomly)
        stack.callback(self._crowd.close)
        self._events: tuple[tuple[int, Callable[[], None]], ...] = (
            (400, self.a_session_changes),
            (60, self.a_client_leaves),
            (10, self.a_worker_comes),
            (5, self.a_worker_leaves),
            (5, self.a_worker_is_killed),
            (6, self.a_worker_freezes),
            (8, self.a_worker_goes_on),
            (2, self.a_replica_is_rolled),
            (2, self.a_replica_is_killed),
            (1, self.redis_is_killed),
            (2, self.redis_hangs),
            (2, self.redis_forgets),
            (3, self.redis_drops_its_subscribers),
        )

    def __str__(self) -> str:
        connected = sum(client.is_connected for client in self._crowd.clients)
        return f"{len(self._workers)} workers, {connected} clients, {self.happened.total()} events"

    def happen(self) -> None:
        """One thing."""
        weights = [weight for weight, _ in self._events]
        (_, event), *_ = self._randomly.choices(self._events, weights)
        event()
        self.happened[event.__name__] += 1
        time.sleep(self._randomly.uniform(*PAUSE_SECONDS))

    def heal(self) -> None:
        """Nobody is frozen, and a worker is there."""
        self._background.rest()
        for worker in self._workers:
            worker.process.continue_()
            worker.is_frozen = False
        self.a_worker_comes()

    def go_on(self) -> None:
        """After a time of peace."""
        self._background.work()

    def wrong(self) -> list[str]:
        """Which eyes do not see what is."""
        states = {key: state for worker in self._workers for key, state in worker.sessions.items()}
        truth = (states, self._background.sessions)
        eyes: dict[str, object] = {
            f"client {number}": client.newest for number, client in enumerate(self._crowd.clients)
        }
        away = [f"client {number} is away" for number, c in enumerate(self._crowd.clients) if not c.is_connected]
        for replica in (self.lasting, self._coming):
            eyes[f"the JSON on port {replica.port}"] = split(replica.states())
        return away + [f"{who} sees {seen}, not {truth}" for who, seen in eyes.items() if seen != truth]

    def a_session_changes(self) -> None:
        """Or begins, or ends."""
        if worker := self._any_worker():
            worker.say(self._randomly.randrange(SESSIONS_EACH), self._randomly.choice((*STATES, "end")))

    def a_client_leaves(self) -> None:
        """And comes back."""
        self._crowd.leave(self._randomly.choice(self._crowd.clients))

    def a_worker_comes(self) -> None:
        """If there is room."""
        if len(self._workers) < self._most_workers:
            self._names += 1
            worker = Worker(self._names, self._redis.url, self._stack)
            worker.say(0, "thinking")
            self._workers.append(worker)

    def a_worker_leaves(self) -> None:
        """With a goodbye."""
        if worker := self._any_worker():
            worker.process.say_goodbye()
            self._workers.remove(worker)

    def a_worker_is_killed(self) -> None:
        """Without one."""
        if worker := self._any_worker():
            worker.process.kill()
            self._workers.remove(worker)

    def a_worker_freezes(self) -> None:
        """It is as good as lost, until it goes on."""
        if worker := self._any_worker():
            worker.process.freeze()
            worker.is_frozen = True

    def a_worker_goes_on(self) -> None:
        """If one is frozen."""
        for worker in self._workers:
            if worker.is_frozen:
                worker.process.continue_()
                worker.is_frozen = False
                return

    def a_replica_is_rolled(self) -> None:
        """With a drain."""
        self._coming.stop(signal.SIGTERM)
        self._coming = self._replica(self._coming.port)

    def a_replica_is_killed(self) -> None:
        """Without one."""
        self._coming.process.kill()
        self._coming.process.wait()
        self._coming = self._replica(self._coming.port)

    def redis_is_killed(self) -> None:
        """And comes back empty."""
        self._redis.kill()
        time.sleep(self._randomly.uniform(0, 3))
        self._redis.start()

    def redis_hangs(self) -> None:
        """For longer than a socket's timeout, or shorter."""
        self._redis.pause()
        time.sleep(self._randomly.uniform(0.1, 6))
        self._redis.resume()

    def redis_forgets(self) -> None:
        """Everything."""
        with self._redis.client() as client:
            client.flushall()

    def redis_drops_its_subscribers(self) -> None:
        """And they come back."""
        with self._redis.client() as client:
            client.client_kill_filter(_type="pubsub")

    def _any_worker(self) -> Worker | None:
        awake = [worker for worker in self._workers if not worker.is_frozen]
        return self._randomly.choice(awake) if awake else None

    def _replica(self, port: int | None = None) -> GatewayProcess:
        replica = GatewayProcess(
            self._redis.url, port=port, drain_seconds=1, log_level="warning", **self._terms.of_gateway
        )
        return self._stack.enter_context(replica)
