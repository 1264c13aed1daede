"""All open streams and held polls: who joins, is served, and leaves. The pipeline comes before, the client after.

The hub writes to every transport itself: no client has a task or a timer of its own on the fast path. So the hub
broadcasts, keeps alive and closes in small steps, with the event loop's other work between them. A transport that
fails costs the other clients nothing.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Collection, Container, Iterable
from functools import partial
from typing import Final, TypeVar

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.change_reader import ChangeReader
from agent_status_gateway.fanout.client import Client, Peer, Transport
from agent_status_gateway.fanout.delivery_counts import DeliveryCounts
from agent_status_gateway.fanout.events.encoders import Encoder
from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.events.retry import random_retry_ms, retry
from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.fanout.members.poll import Member, Poll
from agent_status_gateway.fanout.members.releases import Releases
from agent_status_gateway.fanout.members.rounds import Rounds
from agent_status_gateway.fanout.members.waiting import Waiting
from agent_status_gateway.fanout.places import Limits, Places
from agent_status_gateway.state.views.view import WHOLE, View

logger = logging.getLogger(__name__)

STEP_SECONDS: Final = 0.05
"""Seconds between two steps of a round or a drain: no timer is fine enough for thousands of clients one by one."""
STEP_CLIENTS: Final = 100
"""The most clients of one step of a broadcast or a round."""
STEP_BYTES: Final = 1_000_000
"""The most bytes of one step of a broadcast, one or two ms: any other answer needs several turns of the loop."""
Taken = TypeVar("Taken", bound=Member)


class Hub:
    """All open streams and held polls of this replica."""

    def __init__(
        self,
        limits: Limits,
        audiences: Audiences,
        keepalive_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audiences = audiences
        self._clients: dict[Member, Audience] = {}
        self._places = Places(limits)
        self._releases = Releases()
        self._clock = clock
        self.counts = DeliveryCounts()
        self._rounds = Rounds(keepalive_seconds, self.counts)
        self._is_empty = asyncio.Event()
        self.waiting: Waiting[Audience] = Waiting()
        """Clients that wait for an event made for them, the first one or one that they missed; polls that ask."""
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def max_clients(self) -> int:
        """The most open streams and held polls that this replica takes."""
        return self._places.limits.clients

    def count(self, key_name: str) -> int:
        """Count the open streams and held polls of this key."""
        return self._places.count(key_name)

    def why_full(self, key_name: str, address: str, view: View = WHOLE) -> str | None:
        """The reason for refusing another stream or poll; None if there is room."""
        return self._places.why_full(key_name, address, view)

    def join(
        self,
        transport: Transport,
        encoder: Encoder,
        audience: Audience,
        frame: Frame | None,
        *,
        peer: Peer,
        wants_changes: bool = False,
        wants_feed: bool = False,
        feed: bytes = b"",
    ) -> Client:
        """Add a client, and write `frame` to it as its first event, followed by the feed event, if any.

        Without a frame the stream only begins, and the client waits.
        """
        counts, joined_at = self.counts, self._clock()
        make = partial(ChangeReader, ask=self._wait) if wants_changes else Client
        client = make(
            transport, encoder, self.leave, wants_feed=wants_feed, peer=peer, joined_at=joined_at, counts=counts
        )
        if frame is None:
            client.open_without_frame(retry(random_retry_ms()))
        else:
            client.open(frame, random_retry_ms(), feed)
        counts.joins += 1
        counts.join_seconds += self._clock() - joined_at
        self._add(client, audience)
        self._rounds.add(client)
        if frame is None:
            self._wait(client)
        return client

    def hold(
        self,
        audience: Audience,
        ids: Container[str],
        on_release: Callable[[], None],
        *,
        peer: Peer,
        seconds: float,
        asks: bool,
    ) -> Poll:
        """Hold a request whose client has these ids, for this many seconds at the most.

        If it `asks`, it is released soon if the rows of now have another id, and no window is open.
        """
        poll = Poll(ids, on_release, release=self._releases.add, leave=self.leave, peer=peer)
        self._releases.hold(poll, seconds)
        self._add(poll, audience)
        if asks:
            self._wait(poll)
        return poll

    def leave(self, member: Member) -> None:
        """Remove a client whose stream has ended, or a poll that is held no longer."""
        audience = self._clients.pop(member, None)
        if audience is None:
            return
        audience.remove(member)
        self.waiting.remove(member, audience)
        self._places.give_back(member.peer, audience.view)
        self._audiences.drop_empty(audience)
        if isinstance(member, Poll):
            self._releases.remove(member)
        else:
            self._rounds.remove(member)
            self._note_end(member)
        if not self._clients:
            self._is_empty.set()

    def drop_empty(self, audience: Audience) -> None:
        """Drop an audience that nobody has joined, or everybody has left."""
        self._audiences.drop_empty(audience)

    def _add(self, member: Member, audience: Audience) -> None:
        self._clients[member] = audience
        audience.add(member)
        self._audiences.schedule(audience)
        self._places.take(member.peer, audience.view)

    def _note_end(self, client: Client) -> None:
        self.counts.endings[client.ending] += 1
        peer, seconds = client.peer, self._clock() - client.joined_at
        logger.info("stream to %s ended after %.1f s, %d events: %s", peer, seconds, client.events, client.ending)

    def _wait(self, member: Member) -> None:
        if (audience := self._clients.get(member)) is not None:
            self.waiting.add(member, audience)

    async def broadcast(self, update: Update, clients: Iterable[Member]) -> None:
        """Offer an update to clients and polls of its view, in steps.

        A client that joins during the broadcast has these rows or newer ones.
        """
        await self._offer(update, list(clients), lambda client: client.update(update))

    async def serve(self, update: Update, clients: Iterable[Member], current_feed_event: Callable[[], bytes]) -> None:
        """Write to clients that wait for an event, and then a feed event to those that asked for it.

        Polls that ask are offered the update, unless a window of their view is open.
        """

        def serve(client: Member) -> None:
            if isinstance(client, Poll):
                if (audience := self._clients.get(client)) is not None and not audience.debounce.is_open:
                    client.update(update)
                return
            if isinstance(client, ChangeReader) or not client.has_event:  # else a broadcast has brought a newer one
                client.update(update)
            client.offer_feed(current_feed_event())

        await self._offer(update, list(clients), serve)

    async def _offer(self, update: Update, clients: list[Member], offer: Callable[[Member], None]) -> None:
        large = [form for form in (update.whole, *update.changes.values()) if form is not None and form.is_large]
        if large and any(client.is_gzipped for client in clients):
            for form in large:
                await asyncio.to_thread(form.compress)
        await self._in_steps(clients, offer, max(1, min(STEP_CLIENTS, STEP_BYTES // (update.length or 1))))

    async def _in_steps(self, members: list[Member], act: Callable[[Member], None], step_members: int) -> None:
        """Do this with each of the members, unless their transport fails; those that left by then are blocked."""
        for start in range(0, len(members), step_members):
            if start:
                await asyncio.sleep(0)
            for member in members[start : start + step_members]:
                try:
                    act(member)
                except Exception:  # noqa: BLE001 - one client's defect must not cost the others their snapshot
                    self._failed(member)

    async def broadcast_feed(self, event: bytes) -> None:
        """Write this feed event to the clients that asked for feed events, in steps."""
        await self._in_steps(list(self._clients), lambda client: client.offer_feed(event), STEP_CLIENTS)

    async def close_streams_of(self, key_names: Collection[str]) -> None:
        """End the streams of these keys, in steps: each was removed or changed."""
        lost = [client for client in self._clients if client.peer.key_name in key_names]
        reason = "its key was removed or changed"
        await self._in_steps(lost, lambda client: client.close(retry(random_retry_ms()), reason), STEP_CLIENTS)

    async def run(self, current_feed_event: Callable[[], bytes]) -> None:
        """Visit the clients of each round, for ever: keepalives, feed events that are due, and streams that are stuck.

        The visits are spread over the round, and so are the feed events of clients that joined at different times.
        """
        rounds = self._rounds
        visit = partial(rounds.visit, current_feed_event=current_feed_event)
        rounds.begin(client for client in self._clients if isinstance(client, Client))
        most_steps = max(1, int(rounds.seconds / STEP_SECONDS))
        while True:
            clients = rounds.next()
            steps = max(1, min(most_steps, len(clients) // STEP_CLIENTS))  # each step wakes the process up
            for step in range(steps):
                await asyncio.sleep(rounds.seconds / steps)
                for client in clients[step::steps]:
                    self._safely(client, visit)

    async def drain(self, seconds: float) -> None:
        """Close all streams, spread over this time, and abort those that are still open a second later.

        Cancellation closes and aborts the rest at once.
        """
        self.is_draining = True
        try:
            await self._close_all(seconds)
        finally:
            for client in list(self._clients):
                self._safely(client, self._close)
            for client in list(self._clients):
                self._safely(client, lambda client: client.abort("drained, and the client read nothing"))

    async def _close_all(self, seconds: float) -> None:
        clients = list(self._clients)
        random.shuffle(clients)
        self._is_empty.clear()
        steps = max(1, min(len(clients), int(seconds / STEP_SECONDS)))
        for step in range(steps):
            for client in clients[step::steps]:
                self._safely(client, self._close)
            if step + 1 < steps:
                await asyncio.sleep(seconds / steps)
        if self._clients:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._is_empty.wait()

    def _close(self, client: Member) -> None:
        client.close(retry(random_retry_ms()))

    def _safely(self, client: Taken, act: Callable[[Taken], None]) -> None:
        if client not in self._clients:
            return
        try:
            act(client)
        except Exception:  # noqa: BLE001 - one client's defect must not cost the others their turn
            self._failed(client)

    def _failed(self, client: Member) -> None:
        """Remove a client whose error is being handled: its transport may never report its end."""
        logger.exception("a client's transport has failed")  # noqa: LOG004 - called by an exception's handler
        with contextlib.suppress(Exception):
            client.abort("its transport failed")
        self.leave(client)
