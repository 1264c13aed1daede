"""The rows of now, and the views that somebody reads. Before them comes the fleet; after them the pipeline sends.

Each new state of the rows is shown to the debounce (debounce: Rule 3). A frame is made only if somebody reads it.
"""

from collections.abc import Callable
from typing import Final

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.state.deadlines import NEVER
from agent_status_gateway.state.ends.index import EndsIndex
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.fold import Fold, said_of
from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.holders import Holders
from agent_status_gateway.state.views.select import is_short, select
from agent_status_gateway.state.views.view import WHOLE, View

ENDS_SECONDS: Final = 60.0
"""Seconds for which ends are kept up after somebody has asked for them: a poll asks again sooner."""
SHORT_ENDS: Final = 1000
"""Ends that are found without holding the event loop."""


class CurrentRows:
    """The rows of now. `clock` gives the pipeline's monotonic seconds."""

    def __init__(self, fleet: Fleet, audiences: Audiences, clock: Callable[[], float]) -> None:
        self._fleet = fleet
        self._audiences = audiences
        self._clock = clock
        self._fold = Fold()
        audiences.begin_again(self._fold.rows)
        self._ends_wanted_at = -NEVER
        self.looked_at = clock()
        """The moment of the last look."""
        self.has_looked = False
        """True when the last look came to its end, and nothing was folded since."""

    @property
    def rows(self) -> FoldedRows:
        """All rows."""
        return self._fold.rows

    def global_status(self, rows: Rows, now: float, holders: Holders | None = None) -> GlobalStatus:
        """These rows as a whole, at this moment, counting these workers; None counts all."""
        return self._fold.global_status(rows, now, holders)

    def is_settled(self, now: float) -> bool:
        """True when nothing can have changed since the last look, but by reports that wait in the inbox.

        A look that was given up half-way, as by a request that was cancelled, does not count.
        """
        return self.has_looked and self.next_deadline(self.looked_at) > now

    def next_deadline(self, now: float) -> float:
        """The first moment after `now` at which the snapshot changes by itself; infinity if none."""
        if self._fleet.has_outage:
            return NEVER
        in_rows = [moment for moment in (self._fold.next_expiry, self._audiences.next_stall) if moment > now]
        return min([self._fleet.next_deadline(now), *in_rows])

    def begin_again(self) -> None:
        """Fold all workers again. A defect may have left the rows wrong, and what was taken is not touched again."""
        self._fold = Fold()
        self._audiences.begin_again(self._fold.rows)
        self.has_looked = False
        self._fleet.touch_all()

    def fold(self) -> Steps[None]:
        """Bring the rows up to date as far as reports go. A look must follow, unless that has changed nothing.

        Most reports only say that all goes on as it did.
        """
        had_looked, self.has_looked = self.has_looked, False
        yield from self._fold.update(self._fleet, self._clock())
        self.has_looked = had_looked and not self._fold.rows.has_news

    def can_skip_look(self) -> bool:
        """True if a look now would change nothing. Then it counts as done."""
        now = self._clock()
        if not self.is_settled(now):
            return False
        self.looked_at = now
        return True

    def look(self) -> Steps[None]:
        """Bring rows and views up to date. What is not done yet is done by the next look."""
        self.has_looked = False
        self.looked_at = now = self._clock()
        yield from self._fleet.judge_in_steps(now)
        yield from self._fold.update(self._fleet, now)
        self._fold.rows.shown_at = self._fleet.shown_at(now)
        yield from self._audiences.take(self._fold.rows, now)
        if self._audiences.want_ends:
            self._ends_wanted_at = now
        elif now > self._ends_wanted_at + ENDS_SECONDS:
            self._fold.rows.ends = None
        self.has_looked = True

    def can_fill_at_once(self, view: View) -> bool:
        """True when a view's rows can be found without holding the event loop."""
        rows = self._fold.rows
        if not self.has_looked or (view.ended is not None and (rows.ends is None or len(rows.ends.told) > SHORT_ENDS)):
            return False
        return is_short(rows, view) and (view.scope is None or is_short(rows, view.scope))

    def fill(self, audience: Audience) -> Steps[None]:
        """Find the rows of an audience that has none yet."""
        if audience.is_filled:
            return
        if audience.scoped_by is not None:
            yield from self.fill(audience.scoped_by)
        rows = yield from self.select(audience.view)
        if audience.holders is not None and audience.scoped_by is None:
            yield from audience.holders.fill(rows)
        audience.fill(rows)
        self._audiences.schedule(audience)

    def select(self, view: View) -> Steps[Rows]:
        """Find the rows of a view, and the ends that it tells."""
        self._fold.rows.shown_at = self._fleet.shown_at(self._clock())
        if view.ended is not None:
            self._ends_wanted_at = self._clock()
            if self._fold.rows.ends is None:
                yield from self._begin_ends()
        found = yield from select(self._fold.rows, view)
        return found

    def holders(self, view: View) -> Steps[Holders | None]:
        """Find the workers that are counted for a view; None if all are."""
        if view.scope is None:
            return None
        audience = self._audiences.get(WHOLE.narrowed_to(view.scope))
        if audience is not None and audience.is_filled:
            return audience.holders
        holders = Holders()
        yield from holders.fill((yield from select(self._fold.rows, view.scope)))
        return holders

    def _begin_ends(self) -> Steps[None]:
        """Find all ends, a worker a step, and keep them up from now on."""
        index, open_keys = EndsIndex(), self._fold.rows.by_key
        for worker_id in [*(known.report.record.id for known in self._fleet.workers), *self._fleet.kept]:
            index.take(worker_id, said_of(worker_id, self._fleet))
            yield
        while (key := index.take_changed()) is not None:
            index.settle(key, is_open=key in open_keys)
            if not len(index.told) % SHORT_ENDS:
                yield
        self._fold.rows.ends = index
