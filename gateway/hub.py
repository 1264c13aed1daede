"""Who is listening: clients join, get the newest picture, and leave. Before it comes the pipeline, after it the stream.

Rule 1. A client has at most one picture waiting, the newest: a slow one delays nobody and holds one frame at most.
Rule 2. A picture goes to a client if its fingerprint differs from what was last *written* to it.
"""

import asyncio
import random
from typing import Final

from gateway.frames import FeedState, Frame, feed_event, retry
from gateway.snapshot import Fingerprint

MIN_RETRY_MS: Final = 1000
MAX_RETRY_MS: Final = 4000
DRAIN_STEP_SECONDS: Final = 0.05
"""Thousands of clients are let go a handful at a time: no timer is fine enough for one by one."""


def random_retry_ms() -> int:
    """How long a client shall wait before it comes back: random, so that they do not come all at once."""
    return random.randint(MIN_RETRY_MS, MAX_RETRY_MS)  # noqa: S311 - spread, not secrecy


class Client:
    """One open stream as the hub sees it. `news` is set while there is something to take."""

    __slots__ = ("_feed", "_frame", "_seen", "farewell", "news", "wants_feed")

    def __init__(self, frame: Frame, *, wants_feed: bool) -> None:
        self.wants_feed = wants_feed
        self.news = asyncio.Event()
        self.farewell: bytes | None = None
        """The last bytes, once it is to be let go."""
        self._frame: Frame | None = None
        self._feed: bytes | None = None
        self._seen: Fingerprint = frame.fingerprint

    def offer(self, frame: Frame) -> bool:
        """Have this picture written next, unless it is what the client saw last; True if there is something new."""
        self._frame = None if frame.fingerprint == self._seen else frame
        if self._frame is not None:
            self.news.set()
        return self._frame is not None

    def offer_feed(self, event: bytes) -> None:
        """Have this feed event written next, before any picture."""
        if self.wants_feed:
            self._feed = event
            self.news.set()

    def let_go(self, farewell: bytes) -> None:
        """End the stream with these bytes."""
        self.farewell = farewell
        self.news.set()

    def take(self) -> bytes:
        """What to write now, perhaps nothing."""
        self.news.clear()
        chunk = self._feed or b""
        self._feed = None
        if self._frame is not None:
            chunk += self._frame.event
            self._seen = self._frame.fingerprint
            self._frame = None
        return chunk


class Hub:
    """All open streams of this replica."""

    def __init__(self, max_clients: int) -> None:
        self._clients: set[Client] = set()
        self._max_clients = max_clients
        self._nobody_left = asyncio.Event()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def is_full(self) -> bool:
        """Whether a newcomer must wait."""
        return len(self._clients) >= self._max_clients

    def join(self, frame: Frame, *, wants_feed: bool) -> Client:
        """A client that gets `frame` as its first event."""
        client = Client(frame, wants_feed=wants_feed)
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        """It is gone."""
        self._clients.discard(client)
        if not self._clients:
            self._nobody_left.set()

    def broadcast(self, frame: Frame) -> int:
        """Offer the newest picture to everybody; how many had not seen it."""
        return sum([client.offer(frame) for client in self._clients])

    def tell_feed(self, state: FeedState, since_seconds: float) -> None:
        """Tell those who asked whether Redis is heard."""
        event = feed_event(state, since_seconds)
        for client in self._clients:
            client.offer_feed(event)

    async def drain(self, seconds: float) -> None:
        """Let everybody go, spread over this time; back when the last one is gone, or a little after it."""
        self.is_draining = True
        clients = list(self._clients)
        random.shuffle(clients)
        self._nobody_left.clear()
        steps = max(1, min(len(clients), int(seconds / DRAIN_STEP_SECONDS)))
        for step in range(steps):
            for client in clients[step::steps]:
                client.let_go(retry(random_retry_ms()))
            if step + 1 < steps:
                await asyncio.sleep(seconds / steps)
        if self._clients:
            try:
                async with asyncio.timeout(1.0):
                    await self._nobody_left.wait()
            except TimeoutError:
                pass  # who does not even read its farewell is cut off with the server
