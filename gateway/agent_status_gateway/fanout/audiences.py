"""Pure: all views that somebody reads, kept up with the rows that have changed. The fold comes before it.

A row that comes or goes, or whose labels or parent differ, may show or hide the parent of others. They are looked at
again for the readers whose scope decides by that.

A row that stalls does so without a report. Each view that asks for it has a deadline for the first of its rows.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.filing import Filing
from agent_status_gateway.state.deadlines import Deadlines
from agent_status_gateway.state.ends.index import EndsIndex
from agent_status_gateway.state.fold.folded_rows import QUIET, FoldedRows
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.details import NO_DETAILS

STEP_ROWS: Final = 200
"""Rows whose readers are found in one step."""
STEP_AUDIENCES: Final = 200
"""Audiences that changes concern and that are looked at in one step."""
FILED_BY: Final = frozenset({"labels", "parent"})
"""The details that decide in which views a row is."""


class Audiences:
    """The audiences by view. That of the whole snapshot is always there."""

    def __init__(self, window_seconds: float, clock: Callable[[], float]) -> None:
        self.window_seconds = window_seconds
        self._clock = clock
        self._numbers = count()
        self.plain = self._new(WHOLE)
        self._by_view: dict[View, Audience] = {}
        self._by_name: dict[str, Audience] = {}
        self._filing = Filing()
        self._following: set[Audience] = set()  # those of views that follow parents
        self._timing: set[Audience] = set()  # those of views whose rows say when their agents called
        self._ending: set[Audience] = set()  # those of views that tell ends
        self._stalling: set[Audience] = set()  # those of views whose rows say whether they are stalled
        self._stalls = Deadlines()  # of these, when the next of their rows may have stalled
        self._rows: FoldedRows | None = None
        self._concerned: set[Audience] = set()  # by changes that are not noted yet
        self._due = Deadlines()
        self._wanted = Deadlines()
        self.schedule(self.plain)

    def __len__(self) -> int:
        """Count the views, the whole snapshot not among them."""
        return len(self._by_view)

    def __iter__(self) -> Iterator[Audience]:
        return iter([self.plain, *self._by_view.values()])

    @property
    def due_at(self) -> float:
        """The next moment at which something must be sent; infinity without one."""
        return self._due.earliest

    @property
    def wanted_from(self) -> float:
        """The moment from which news would be sent at once."""
        return self._wanted.earliest

    @property
    def want_ends(self) -> bool:
        """True while somebody reads a view that tells ends."""
        return bool(self._ending)

    @property
    def next_stall(self) -> float:
        """The next moment at which a row of some view may have stalled; infinity without one."""
        return self._stalls.earliest

    def get(self, view: View) -> Audience | None:
        """The audience of a view, if it has one."""
        return self.plain if view.is_whole else self._by_view.get(view)

    def of(self, view: View) -> Audience:
        """The audience of a view; a new one has no rows until it is filled."""
        audience = self.get(view)
        if audience is None:
            audience = self._new(view)
            self._by_view[view] = self._by_name[audience.name] = audience
            self._filing.add(audience)
            if view.ended is not None:
                self._ending.add(audience)
            if view.follows_parents:
                self._following.add(audience)
            if QUIET in view.heeds:
                self._timing.add(audience)
            if view.stalled is not None:
                self._stalling.add(audience)
            self._note_calls()
        return audience

    def drop_empty(self, audience: Audience) -> None:
        """Drop an audience that nobody is part of any more."""
        if len(audience) or audience.dependents or self._by_view.pop(audience.view, None) is None:
            return
        del self._by_name[audience.name]
        self._concerned.discard(audience)
        self._due.remove(audience.name)
        self._wanted.remove(audience.name)
        self._filing.remove(audience)
        self._ending.discard(audience)
        self._following.discard(audience)
        self._timing.discard(audience)
        self._stalling.discard(audience)
        self._stalls.remove(audience.name)
        self._note_calls()
        if audience.scoped_by is not None:
            audience.scoped_by.dependents -= 1
            self.drop_empty(audience.scoped_by)

    def take(self, rows: FoldedRows, now: float) -> Steps[None]:
        """Bring the views up to date with all rows that have changed. What is not done yet is done the next time."""
        yield from self._take_changed(rows)
        yield from self._take_revised(rows)
        if rows.ends is not None:
            yield from self._take_ends(rows, rows.ends)
        yield from self._take_stalled(rows.shown_at)
        self._concerned.add(self.plain)
        yield from self._note_concerned(now)

    def begin_again(self, rows: FoldedRows) -> None:
        """Note that the rows are others altogether."""
        for audience in self._by_view.values():
            audience.is_filled = False
        self._stalls = Deadlines()
        self.plain.fill(rows)
        self._rows = rows
        self._note_calls()

    def schedule(self, audience: Audience) -> None:
        """Note when an audience is due, when it wants news, and when a row may stall, after any of it has changed.

        Nothing is noted if it was dropped.
        """
        if self.get(audience.view) is not audience:
            return
        self._due.set(audience.name, audience.due_at)
        self._wanted.set(audience.name, audience.wanted_from)
        if audience.view.stalled is not None:
            self._stalls.set(audience.name, audience.next_stall)

    def take_due(self, now: float) -> Audience | None:
        """Take out an audience that is due; None if there is none. `schedule` must follow."""
        name = self._due.take_due(now)
        return None if name is None else self._by_name.get(name, self.plain)

    def _note_calls(self) -> None:
        """Have calls noted that change nothing else, while somebody asks for them."""
        if self._rows is not None:
            self._rows.notes_calls = bool(self._timing)
            self._rows.notes_each_call = bool(self._stalling)

    def _take_stalled(self, shown_at: float) -> Steps[None]:
        """Note each row that has stalled by this moment."""
        number = 0
        while (name := self._stalls.take_due(shown_at)) is not None:
            audience = self._by_name[name]
            self._concerned.add(audience)
            audience.take_stalled()
            self._stalls.set(name, audience.next_stall)
            number += 1
            if not number % STEP_ROWS:
                yield

    def _note_concerned(self, now: float) -> Steps[None]:
        """Note what the changes come to, in each audience that they concern."""
        for number, audience in enumerate(list(self._concerned), 1):
            audience.note(now)
            self.schedule(audience)
            self._concerned.discard(audience)
            if not number % STEP_AUDIENCES:
                yield
        self._concerned.clear()  # `discard` leaves the room that many took

    def _take_changed(self, rows: FoldedRows) -> Steps[None]:
        number = 0
        while (key := rows.take_changed()) is not None:
            row, before = rows.by_key.get(key), rows.taken_before
            self.plain.put(key, row)
            if self._by_view:
                details = NO_DETAILS if row is None else row.details
                concerned = self._filing.concerned(key, details, before)
                self._concerned.update(audience for audience in concerned if audience.put(key, row))
                if self._following and key in rows.families.by_parent:
                    self._follow(rows, key)
            if rows.ends is not None:
                self._settle_end(rows.ends, key, is_open=row is not None)
            number += 1
            if not number % STEP_ROWS:
                yield

    def _take_revised(self, rows: FoldedRows) -> Steps[None]:
        number = 0
        while (revision := rows.take_revised()) is not None:
            key, before, fields = revision
            if self._by_view and (row := rows.by_key.get(key)) is not None:
                concerned = self._filing.concerned(key, row.details, before)
                self._concerned.update(audience for audience in concerned if audience.revise(key, row, fields))
                if self._following and not fields.isdisjoint(FILED_BY) and key in rows.families.by_parent:
                    self._follow(rows, key)
            number += 1
            if not number % STEP_ROWS:
                yield

    def _take_ends(self, rows: FoldedRows, ends: EndsIndex) -> Steps[None]:
        number = 0
        while (key := ends.take_changed()) is not None:
            self._settle_end(ends, key, is_open=key in rows.by_key)
            number += 1
            if not number % STEP_ROWS:
                yield

    def _settle_end(self, ends: EndsIndex, key: str, *, is_open: bool) -> None:
        """Look which end of a key is told now. Most keys have none, before and after."""
        before, now = ends.settle(key, is_open=is_open)
        if now is before or not self._ending:
            return
        details, details_before = (NO_DETAILS if end is None else end.details for end in (now, before))
        concerned = self._ending.intersection(self._filing.concerned(key, details, details_before))
        self._concerned.update(audience for audience in concerned if audience.put_end(key, now))

    def _follow(self, rows: FoldedRows, parent: str) -> None:
        """Look again at the children of a row, for the readers whose scope may show or hide it now."""
        for key in rows.families.by_parent[parent]:
            row = rows.by_key[key]
            concerned = self._following.intersection(self._filing.concerned(key, row.details, None))
            self._concerned.update(audience for audience in concerned if audience.put(key, row))

    def _new(self, view: View) -> Audience:
        scoped_by = None
        if view.scope is not None and (of_scope := WHOLE.narrowed_to(view.scope)) != view:
            scoped_by = self.of(of_scope)
            scoped_by.dependents += 1
        return Audience(view, str(next(self._numbers)), self.window_seconds, self._clock, scoped_by)
