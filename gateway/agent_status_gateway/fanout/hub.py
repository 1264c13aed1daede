"""Who is listening: clients join, get the newest picture, and leave. Before it comes the pipeline, after it the client.

The hub writes to every line itself: no client has a task or a timer of its own on the fast path. So it shows pictures,
keeps alive and lets go in small steps, with the event loop's other work between; and one line's defect costs nobody
else anything.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from agent_status_gateway.fanout.address import counted_as
from agent_status_gateway.fanout.client import Client, Line, Peer
from agent_status_gateway.fanout.delivery_counts import Told
from agent_status_gateway.fanout.encoders import Encoder
from agent_status_gateway.fanout.frames import FeedState, Frame, feed_event, retry

logger = logging.getLogger(__name__)

MIN_RETRY_MS: Final = 1000
MAX_RETRY_MS: Final = 4000
STEP_SECONDS: Final = 0.05
"""Thousands of clients are let go, or kept alive, a handful at a time: no timer is fine enough for one by one."""
STEP_CLIENTS: Final = 100
STEP_BYTES: Final = 1_000_000
"""A broadcast's step ends at either: a ms or two, since an answer to somebody else takes several turns of the loop."""
MAX_ROUND_SECONDS: Final = 1.0
ROUNDS_TO_KEEPALIVE: Final = 30
STUCK_SECONDS: Final = 60.0


def random_retry_ms() -> int:
    """How long a client shall wait before it comes back: random, so that they do not come all at once."""
    return random.randint(MIN_RETRY_MS, MAX_RETRY_MS)  # noqa: S311 - spread, not secrecy


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many may listen at once: in all, and of one key or address, if so."""

    clients: int
    clients_per_key: int | None = None
    clients_per_address: int | None = None


class Hub:
    """All open streams of this replica."""

    def __init__(
        self, limits: Limits, keepalive_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clients: set[Client] = set()
        self._by_key: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()
        self._limits = limits
        self._clock = clock
        self._round_seconds = min(MAX_ROUND_SECONDS, keepalive_seconds / ROUNDS_TO_KEEPALIVE)
        self._keepalive_rounds = round(keepalive_seconds / self._round_seconds)
        self._stuck_rounds = round(STUCK_SECONDS / self._round_seconds)
        self._nobody_left = asyncio.Event()
        self.is_draining = False
        self.told = Told()

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def max_clients(self) -> int:
        """How many may listen at once."""
        return self._limits.clients

    def count(self, key_name: str) -> int:
        """How many read by this key."""
        return self._by_key[key_name]

    def why_full(self, key_name: str, address: str) -> str | None:
        """Why a newcomer must wait; None if there is room."""
        limits = self._limits
        if len(self._clients) >= limits.clients:
            return "this replica is full"
        if limits.clients_per_key is not None and self._by_key[key_name] >= limits.clients_per_key:
            return "this key has as many streams as it may have here"
        most = limits.clients_per_address
        if most is not None and self._by_address[counted_as(address)] >= most:
            return "this address has as many streams as it may have here"
        return None

    def join(
        self, line: Line, coding: Encoder, frame: Frame, *, peer: Peer, wants_feed: bool = False, feed: bytes = b""
    ) -> Client:
        """A client that gets `frame` as its first event, and what is to be said of the feed with it."""
        told, joined_at = self.told, self._clock()
        client = Client(line, coding, self.leave, wants_feed=wants_feed, peer=peer, joined_at=joined_at, told=told)
        client.begin(frame, random_retry_ms(), feed)
        told.joins += 1
        told.join_seconds += self._clock() - joined_at
        self._clients.add(client)
        self._by_key[peer.key_name] += 1
        self._by_address[counted_as(peer.address)] += 1
        return client

    def leave(self, client: Client) -> None:
        """It is gone."""
        if client not in self._clients:
            return
        self._clients.remove(client)
        self.told.endings[client.ending] += 1
        peer = client.peer
        for counts, who in ((self._by_key, peer.key_name), (self._by_address, counted_as(peer.address))):
            counts[who] -= 1
            if not counts[who]:
                del counts[who]
        seconds = self._clock() - client.joined_at
        logger.info("stream to %s ended after %.1f s, %d events: %s", peer, seconds, client.events, client.ending)
        if not self._clients:
            self._nobody_left.set()

    async def broadcast(self, frame: Frame) -> int:
        """Show the newest picture to everybody, in steps; how many had not seen it.

        Who joins meanwhile has seen this picture or a newer one.
        """
        step_clients = max(1, min(STEP_CLIENTS, STEP_BYTES // len(frame.event)))
        news = 0
        clients = list(self._clients)
        for start in range(0, len(clients), step_clients):
            if start:
                await asyncio.sleep(0)
            for client in clients[start : start + step_clients]:
                try:
                    news += client.offer(frame)
                except Exception:  # noqa: BLE001 - whatever it is, the others want their picture
                    self._failed(client)
        return news

    def tell_feed(self, state: FeedState, since_seconds: float) -> None:
        """Tell those who asked whether Redis is heard."""
        event = feed_event(state, since_seconds)
        for client in list(self._clients):
            self._safely(client, lambda client: client.offer_feed(event))

    def let_go_of(self, key_names: Collection[str]) -> None:
        """End the streams of these keys now: they are not what they were."""
        for client in list(self._clients):
            if client.peer.key_name in key_names:
                self._safely(client, lambda client: client.let_go(retry(random_retry_ms()), "its key is gone"))

    async def run(self) -> None:
        """Round after round, each client once: break long silences, cut off who is stuck."""
        most_steps = max(1, int(self._round_seconds / STEP_SECONDS))
        while True:
            clients = list(self._clients)
            steps = max(1, min(most_steps, len(clients) // STEP_CLIENTS))  # each wakes this process up
            for step in range(steps):
                await asyncio.sleep(self._round_seconds / steps)
                for client in clients[step::steps]:
                    self._safely(client, self._round)

    async def drain(self, seconds: float) -> None:
        """Let everybody go, spread over this time; who has not taken its farewell a little after that is cut off.

        Cancelled, it does so at once.
        """
        self.is_draining = True
        try:
            await self._let_all_go(seconds)
        finally:
            for client in list(self._clients):
                self._safely(client, self._farewell)
            for client in list(self._clients):
                self._safely(client, lambda client: client.cut("drained, and it took nothing"))

    async def _let_all_go(self, seconds: float) -> None:
        clients = list(self._clients)
        random.shuffle(clients)
        self._nobody_left.clear()
        steps = max(1, min(len(clients), int(seconds / STEP_SECONDS)))
        for step in range(steps):
            for client in clients[step::steps]:
                self._safely(client, self._farewell)
            if step + 1 < steps:
                await asyncio.sleep(seconds / steps)
        if self._clients:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._nobody_left.wait()

    def _farewell(self, client: Client) -> None:
        client.let_go(retry(random_retry_ms()))

    def _round(self, client: Client) -> None:
        client.round(keepalive_rounds=self._keepalive_rounds, stuck_rounds=self._stuck_rounds)

    def _safely(self, client: Client, act: Callable[[Client], None]) -> None:
        if client not in self._clients:
            return
        try:
            act(client)
        except Exception:  # noqa: BLE001 - whatever it is, the others want their turn
            self._failed(client)

    def _failed(self, client: Client) -> None:
        """Called while its error is handled: take it out, since its line may never say that it has ended."""
        logger.exception("a client's line has failed")  # noqa: LOG004 - see above
        with contextlib.suppress(Exception):
            client.cut("its line has failed")
        self.leave(client)
