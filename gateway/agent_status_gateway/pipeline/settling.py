"""Reports that wait, and the rows of now. Before it comes `take in`; after it, what needs a frame or an update.

Nothing holds the event loop: what can be long is done in steps. The lock is held during them, so that no frame is made
of half a reading, and no row changes while a frame is made.
"""

import asyncio
from collections.abc import Callable, Collection, Container, Hashable, Sequence
from typing import TypeVar

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.events.frames import Frame, encode_frame
from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.fanout.members.poll import Member
from agent_status_gateway.feed.inbox import Inbox
from agent_status_gateway.feed.malformed_log import MalformedLog
from agent_status_gateway.pipeline.current_rows import CurrentRows
from agent_status_gateway.pipeline.kept_reading import take_kept
from agent_status_gateway.pipeline.kept_results import KeptResults
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps, at_once
from agent_status_gateway.state.views.select import is_short
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_gateway.state.workers import Workers, describe_workers
from agent_status_gateway.tasks import in_steps
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.reading import Known, Reading
from agent_status_publisher.contract.wire import MalformedReportError

Result = TypeVar("Result")
Groups = Sequence[Collection[Member]]
"""Clients and polls of one audience, in one group or several."""


class Settling:
    """Inbox, fleet and rows. `clock` gives monotonic seconds; `want_reading` asks for all reports from Redis."""

    def __init__(
        self,
        fleet: Fleet,
        audiences: Audiences,
        metrics: Metrics,
        clock: Callable[[], float],
        want_reading: Callable[[], None],
    ) -> None:
        self._fleet = fleet
        self._audiences = audiences
        self._metrics = metrics
        self._clock = clock
        self._want_reading = want_reading
        self._malformed = MalformedLog(metrics, clock)
        self.inbox = Inbox()
        self.malformed = self._malformed.note
        self.current = CurrentRows(fleet, audiences, clock)
        self.lock = asyncio.Lock()
        self._kept = KeptResults(clock)
        self.has_earlier = asyncio.Event()
        """Set when something is due earlier than it was, or may be."""

    @property
    def is_settled(self) -> bool:
        """True when the rows are those of now."""
        return not self.inbox and self.current.is_settled(self._clock())

    def known_reports(self) -> Known:
        """The reports that a reading need not bring: the fleet knows them, or will before it takes the reading."""
        return {**self._fleet.known_reports(), **self.inbox.newer_reports(self._fleet.known_seq)}

    def can_settle_at_once(self) -> bool:
        """True when `settle` neither has to wait nor holds the event loop."""
        return self.current.has_looked and self.inbox.is_short and not self.lock.locked()

    def settle(self) -> Steps[None]:
        """Read the inbox, and bring the rows up to date."""
        yield from self.read_inbox()
        if not self.current.can_skip_look():
            yield from self._look()

    def read(self, reading: Reading, asked_at: float, now: float) -> Steps[None]:
        """Take in all reports of Redis. The inbox was read before, in the same hold of the lock."""
        for error in (yield from self._fleet.read_in_steps(reading, asked_at, now)):
            self._malformed.note(error)
        yield from self._look()

    def read_kept(self, reading: Reading, now: float) -> Steps[None]:
        """Take in the last reports of workers that are gone. The inbox was read before, as above."""
        for error in (yield from take_kept(self._fleet, reading, now)):
            self._malformed.note(error)
        yield from self._look()

    def read_inbox(self) -> Steps[None]:
        """Give the fleet the reports that wait now, a report a step. What is left is read the next time.

        Each is folded at once: so the report before it is dropped, and garbage is collected seldom.
        """
        for _ in range(len(self.inbox)):
            if (unread := self.inbox.take()) is None:
                return
            try:
                self._fleet.hear(unread.report, unread.came_at)
            except MalformedReportError as error:
                self._malformed.note(error)
                if unread.has_displaced:
                    self._want_reading()
            else:
                yield from self.current.fold()
            yield

    def frame_at_once(self, view: View = WHOLE, *, wants_changes: bool = False) -> Frame | None:
        """Return a view's frame of now, a moment old at most; None if it is large, or cannot be made in an instant."""
        audience = self._audiences.get(view)
        is_filled = audience is not None and audience.is_filled
        if audience is not None and is_filled:
            frame = audience.serving(wants_changes=wants_changes)
            if frame is not None:
                return None if frame.is_large else frame
        is_short = audience.is_short if audience is not None and is_filled else self.current.can_fill_at_once(view)
        if not (is_short and self.can_settle_at_once()):
            return None
        if not self.is_settled:
            at_once(self.settle())
        frame = at_once(self._make_frame(view))
        return None if frame.is_large else frame

    async def frame_unless(self, view: View, ids: Container[str]) -> tuple[str, Frame | None]:
        """Return the id and the frame of a view, a moment old at most, however large; no frame of one of these ids."""
        async with self.lock:
            if not self.is_settled:
                await in_steps(self.settle())
            audience = self._audiences.get(view)
            frame = audience.serving(wants_changes=False) if audience is not None and audience.is_filled else None
            if frame is None:
                return await in_steps(self._make_frame_unless(view, ids))
            return frame.id, None if frame.id in ids else frame

    async def snapshot_id(self, view: View = WHOLE) -> str:
        """Return the id of a view's rows of now, without a frame of them."""

        def id_of(rows: Rows, _now: float) -> Steps[str]:
            yield from ()
            return rows.id

        return await self.with_rows(view, id_of)

    async def with_rows(
        self, view: View, work: Callable[[Rows, float], Steps[Result]], kept_as: Hashable = None
    ) -> Result:
        """Do some work with a view's rows of now, and return its result. The rows stay the same during it.

        Args:
            view: The part whose rows are worked with.
            work: What is to be done with the rows, at this moment on the pipeline's clock.
            kept_as: A name for the work, under which a result that takes long serves a while; None keeps nothing.
        """
        async with self.lock:
            name = (view, kept_as)
            if kept_as is not None and (kept := self._kept.get(name)) is not None:
                result: Result = kept
                return result
            if not self.is_settled:
                await in_steps(self.settle())
            steps = self._work_with(view, work)
            if kept_as is None or is_short(self.current.rows, view):
                return await in_steps(steps)
            return await in_steps(self._kept.make(name, steps))

    def is_news(self, view: View, ids: Container[str]) -> bool | None:
        """Test whether a view's rows of now have another id than these, and no window of it is open.

        None if that cannot be known in an instant.
        """
        audience = self._audiences.get(view)
        if audience is None or not audience.is_filled:
            return None
        if audience.debounce.is_open:
            return False
        if not self.is_settled:
            if not self.can_settle_at_once():
                return None
            at_once(self.settle())
        return audience.rows.id not in ids and not audience.debounce.is_open

    async def update(self, audience: Audience, groups: Groups, *, may_serve: bool) -> Update:
        """Make what these clients need to have the rows of the last look; `may_serve`: a frame may be a moment old."""
        if not self.lock.locked() and self.current.has_looked and audience.is_short:
            return at_once(self._make_update(audience, groups, may_serve=may_serve))
        async with self.lock:
            if not self.current.has_looked:
                await in_steps(self.settle())
            await in_steps(self._fill(audience))
            return await in_steps(self._make_update(audience, groups, may_serve=may_serve))

    async def workers(self, scope: View = WHOLE) -> Workers:
        """Describe the workers that this replica knows, as far as a reader with this scope may see them."""
        async with self.lock:
            await in_steps(self.settle())  # so that workers whose lease has expired are reported as lost
            keys = None if scope.is_whole else (await in_steps(self.current.select(scope))).by_key.keys()
            return await in_steps(describe_workers(self._fleet.workers, self._clock(), keys))

    def _look(self) -> Steps[None]:
        """Bring the rows up to date. If anything is due earlier then, wake the loop that sends."""
        due_at, next_stall = self._audiences.due_at, self._audiences.next_stall
        yield from self.current.look()
        if self._audiences.due_at < due_at or self._audiences.next_stall < next_stall:
            self.has_earlier.set()

    def _fill(self, audience: Audience) -> Steps[None]:
        """Find the rows of an audience that has none yet. If one of them may stall, wake the loop that sends."""
        next_stall = self._audiences.next_stall
        yield from self.current.fill(audience)
        if self._audiences.next_stall < next_stall:
            self.has_earlier.set()

    def _work_with(self, view: View, work: Callable[[Rows, float], Steps[Result]]) -> Steps[Result]:
        _, rows = yield from self._found(view)
        return (yield from work(rows, self._clock()))

    def _make_frame(self, view: View) -> Steps[Frame]:
        audience, rows = yield from self._found(view)
        return (yield from self._encode(view, audience, rows))

    def _make_frame_unless(self, view: View, ids: Container[str]) -> Steps[tuple[str, Frame | None]]:
        audience, rows = yield from self._found(view)
        if rows.id in ids:
            return rows.id, None
        frame = yield from self._encode(view, audience, rows)
        return frame.id, frame

    def _found(self, view: View) -> Steps[tuple[Audience | None, Rows]]:
        """Find the rows of a view, and the audience that keeps them; None if nobody has a stream of it."""
        audience = self._audiences.get(view)
        if audience is None:
            return None, (yield from self.current.select(view))
        yield from self._fill(audience)
        return audience, audience.rows

    def _encode(self, view: View, audience: Audience | None, rows: Rows) -> Steps[Frame]:
        now, status_of = self._clock(), self.current.global_status
        if audience is None:
            holders = yield from self.current.holders(view)
            frame = yield from encode_frame(rows, status_of(rows, now, holders), now)
        else:
            frame = yield from audience.renew(status_of, now)
        self._metrics.frames.inc()
        return frame

    def _make_update(self, audience: Audience, groups: Groups, *, may_serve: bool) -> Steps[Update]:
        update = yield from audience.update(groups, self.current.global_status, self._clock(), may_serve=may_serve)
        self._metrics.frames.inc((update.whole is not None) + len(update.changes))
        return update
