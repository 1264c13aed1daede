"""`python -m bench.notifications --minutes 10`: a count of how often what is due is told, while much is killed.

Sessions wait for a user until a receiver has been told so, and then go on and wait again. Two notifiers share what was
told in Redis. Gateways, Redis and one notifier at a time are killed and started again at random, and the receiver fails
now and then. The command ends with status 1 if any wait was told under two ids, or not at all.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from agent_status_publisher import Session, StatusPublisher
from bench.machine import machine
from bench.row import Row
from bench.store import store
from bench.table import print_rows
from chaos.clients.receiver import Answer, Receiver, Request
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.notifier_process import NotifierProcess, rules_for
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer

FOR_SECONDS: Final = 2.0
RULE: Final = f'when = {{ state = "waiting_for_user", for_seconds = {FOR_SECONDS} }}\nto = ["hook"]\ngroup_seconds = 1'
SESSIONS: Final = 40
PAUSE_SECONDS: Final = (5.0, 15.0)
"""Seconds that a session works between two waits: more than those within which two beginnings are the same."""
LOST_SECONDS: Final = 150.0
"""Seconds after which a wait that nobody was told of is lost: an outage, a lease and the longest pause of a retry."""
FAILURE_SHARE: Final = 0.1
EVENT_SECONDS: Final = (4.0, 12.0)


@dataclass
class Wait:
    """One wait of a session, and the ids of the messages that told it."""

    began_at: float
    ids: set[str] = field(default_factory=set)
    first_told_at: float | None = None


class Fleet:
    """Sessions that wait until they are told of, and then work for a while."""

    def __init__(self, redis_url: str, randomly: random.Random, stack: ExitStack) -> None:
        self._randomly = randomly
        publisher = stack.enter_context(StatusPublisher(redis_url, heartbeat_seconds=1.0, lease_seconds=4.0))
        self._sessions: dict[str, Session] = {}
        self._next_at: dict[str, float] = {}
        self.waits: dict[str, list[Wait]] = defaultdict(list)
        self.lock = threading.Lock()
        for number in range(SESSIONS):
            key = f"web:{number}"
            self._sessions[key] = publisher.session(key)
            self._next_at[key] = time.monotonic() + randomly.uniform(*PAUSE_SECONDS)

    def go_on(self, *, may_begin: bool = True) -> None:
        """Let sessions wait whose pause is over, and work that were told of."""
        now = time.monotonic()
        with self.lock:
            for key, session in self._sessions.items():
                waits = self.waits[key]
                if waits and waits[-1].first_told_at is not None and key not in self._next_at:
                    session.thinking()
                    self._next_at[key] = now + self._randomly.uniform(*PAUSE_SECONDS)
                elif may_begin and self._next_at.get(key, float("inf")) <= now:
                    session.waiting_for_user()
                    waits.append(Wait(now))
                    del self._next_at[key]

    def told(self, request: Request) -> None:
        """Take a message: each session in it was told of."""
        with self.lock:
            for fact in json.loads(request.body)["data"]["sessions"]:
                wait = self.waits[fact["session_key"]][-1]
                wait.ids.add(request.headers["webhook-id"])
                wait.first_told_at = wait.first_told_at or time.monotonic()

    @property
    def open(self) -> int:
        """How many waits nobody was told of yet."""
        with self.lock:
            return sum(1 for waits in self.waits.values() if waits and waits[-1].first_told_at is None)

    def wrong(self) -> list[str]:
        """Waits that were told under several ids, or not at all in time."""
        now = time.monotonic()
        wrong = []
        for key, waits in self.waits.items():
            for number, wait in enumerate(waits):
                if len(wait.ids) > 1:
                    wrong.append(f"{key}: wait {number} was told under {len(wait.ids)} ids")
                if wait.first_told_at is None and now - wait.began_at > LOST_SECONDS:
                    wrong.append(f"{key}: wait {number} was never told")
        return wrong


class Trial:
    """Everything that runs, and what may happen to it."""

    def __init__(self, randomly: random.Random, stack: ExitStack) -> None:
        self.happened: Counter[str] = Counter()
        self._randomly = randomly
        self._stack = stack
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # What was told must outlive a kill: a Redis that forgets it could not say that it was told.
        self._redis = RedisServer("--appendonly", "yes")
        stack.callback(self._redis.close)
        self.receiver = stack.enter_context(Receiver(self._answer))
        self.fleet = Fleet(self._redis.url, randomly, stack)
        self._port = free_port()
        self._gateway = self._new_gateway()
        self._notifiers = [self._new_notifier(number) for number in range(2)]

    def happen(self) -> None:
        """Let one thing fail, and be there again."""
        act = self._randomly.choice(
            [self.a_gateway_is_killed, self.redis_is_killed, self.a_notifier_is_killed, self.a_notifier_is_stopped]
        )
        act()
        self.happened[act.__name__] += 1

    def a_gateway_is_killed(self) -> None:
        """Kill the gateway, and start it again after a while."""
        self._gateway.process.kill()
        self._gateway.process.wait()
        time.sleep(self._randomly.uniform(0, 3))
        self._gateway = self._new_gateway()

    def redis_is_killed(self) -> None:
        """Kill Redis, and start it again after a while, with what it has on its disk."""
        self._redis.kill()
        time.sleep(self._randomly.uniform(0, 3))
        self._redis.start()

    def a_notifier_is_killed(self) -> None:
        """Kill one of the notifiers, and start another one in its place."""
        number = self._randomly.randrange(2)
        self._notifiers[number].kill()
        self._notifiers[number] = self._new_notifier(number)

    def a_notifier_is_stopped(self) -> None:
        """Stop one of the notifiers, and start another one in its place."""
        number = self._randomly.randrange(2)
        self._notifiers[number].stop()
        self._notifiers[number] = self._new_notifier(number)

    def _answer(self, request: Request) -> Answer:
        self.fleet.told(request)
        if self._randomly.random() < FAILURE_SHARE:
            self.happened["the_receiver_fails"] += 1
            return 503, {}
        return 200, {}

    def _new_gateway(self) -> GatewayProcess:
        return self._stack.enter_context(GatewayProcess(self._redis.url, port=self._port, debounce_seconds=0.2))

    def _new_notifier(self, number: int) -> NotifierProcess:
        folder = self._folder / str(number)
        text = rules_for(self.receiver.url, folder, RULE)
        url = f"http://127.0.0.1:{self._port}"
        return self._stack.enter_context(NotifierProcess(folder, text, url, redis_url=self._redis.url)).ready()


def run(trial: Trial, seconds: float, randomly: random.Random, console: Console) -> list[str]:
    """Let things happen for so long, and then wait until all was told; what was wrong."""
    began_at = said_at = time.monotonic()
    happens_at = began_at + randomly.uniform(*EVENT_SECONDS)
    while (now := time.monotonic()) < began_at + seconds:
        trial.fleet.go_on()
        if now >= happens_at:
            trial.happen()
            happens_at = time.monotonic() + randomly.uniform(*EVENT_SECONDS)
        if now > said_at + 60:
            said_at = now
            told = sum(map(len, trial.fleet.waits.values()))
            console.print(f"{time.strftime('%H:%M:%S')} {told} waits, {len(trial.receiver.requests)} requests")
        time.sleep(0.1)
    give_up_at = time.monotonic() + LOST_SECONDS
    while trial.fleet.open and time.monotonic() < give_up_at:
        trial.fleet.go_on(may_begin=False)
        time.sleep(0.1)
    return trial.fleet.wrong()


def main() -> None:
    """Run as long as was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.notifications", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long, the end aside (10)")
    parser.add_argument("--seed", type=int, default=None, help="the same again")
    parser.add_argument("--output", type=Path, default=Path("bench/results"), help="folder for the JSON")
    given = parser.parse_args()
    seed = int.from_bytes(os.urandom(4)) if given.seed is None else given.seed
    randomly = random.Random(seed)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"seed {seed}", highlight=False)
    with ExitStack() as stack:
        trial = Trial(randomly, stack)
        wrong = run(trial, given.minutes * 60, randomly, console)
    waits = [wait for waits in trial.fleet.waits.values() for wait in waits]
    late = [wait.first_told_at - wait.began_at - FOR_SECONDS for wait in waits if wait.first_told_at is not None]
    repeated = len(trial.receiver.requests) - len({one.headers["webhook-id"] for one in trial.receiver.requests})
    rows = [
        Row.of("waits", "told", "", [len(late)]),
        Row.of("waits", "told under two ids, or never", "", [len(wrong)]),
        Row.of("messages", "requests that repeat an id", "", [repeated]),
        Row.of("waits", "told after they were due", "s", late),
    ]
    print_rows("what was told", rows, console)
    console.print(f"happened: {dict(trial.happened)}", highlight=False)
    facts = machine() | {"seed": seed, "minutes": given.minutes, "happened": trial.happened, "wrong": wrong}
    console.print(f"written: {store('notifications', rows, facts, given.output)}", markup=False)
    for what in wrong[:20]:
        console.print(f"WRONG: {what}", style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
