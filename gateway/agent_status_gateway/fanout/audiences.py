"""Pure: all views that somebody reads, and which of them a changed row concerns. The fold comes before it.

Who is concerned is found by an index, so that a change costs nothing for the views that it does not concern. Each view
is filed under the field that leaves the fewest rows, and nowhere if it can have none.
"""

from collections.abc import Callable, Iterator
from itertools import chain, count
from typing import Final

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.state.deadlines import Deadlines
from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.view import WHOLE, View

STEP_ROWS: Final = 200
"""Rows whose readers are found in one step."""


class Audiences:
    """The audiences by view. That of the whole snapshot is always there."""

    def __init__(self, window_seconds: float, clock: Callable[[], float]) -> None:
        self.window_seconds = window_seconds
        self._clock = clock
        self._numbers = count()
        self.plain = self._new(WHOLE)
        self._by_view: dict[View, Audience] = {}
        self._by_name: dict[str, Audience] = {}
        self._by_session: dict[str, set[Audience]] = {}
        self._by_channel: dict[str, set[Audience]] = {}
        self._others: set[Audience] = set()
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

    def get(self, view: View) -> Audience | None:
        """The audience of a view, if it has one."""
        return self.plain if view.is_whole else self._by_view.get(view)

    def of(self, view: View) -> Audience:
        """The audience of a view; a new one has no rows until it is filled."""
        audience = self.get(view)
        if audience is None:
            audience = self._new(view)
            self._by_view[view] = self._by_name[audience.name] = audience
            for place in self._places(view):
                place.add(audience)
        return audience

    def drop_empty(self, audience: Audience) -> None:
        """Drop an audience that nobody is part of any more."""
        if len(audience) or audience.dependents or self._by_view.pop(audience.view, None) is None:
            return
        del self._by_name[audience.name]
        self._concerned.discard(audience)
        self._due.remove(audience.name)
        self._wanted.remove(audience.name)
        self._others.discard(audience)
        for index, keys in ((self._by_session, audience.view.session), (self._by_channel, audience.view.channel)):
            for key in keys or ():
                if key in index:
                    index[key].discard(audience)
                    if not index[key]:
                        del index[key]
        if audience.scoped_by is not None:
            audience.scoped_by.dependents -= 1
            self.drop_empty(audience.scoped_by)

    def take(self, rows: FoldedRows, now: float) -> Steps[None]:
        """Bring the views up to date with all rows that have changed. What is not done yet is done the next time."""
        number = 0
        while (key := rows.take_changed()) is not None:
            row = rows.by_key.get(key)
            self.plain.put(key, row)
            if self._by_view:
                self._concerned.update(audience for audience in self._filed_under(key) if audience.put(key, row))
            number += 1
            if not number % STEP_ROWS:
                yield
        while (key := rows.take_moved()) is not None:
            if self._by_view and (row := rows.by_key.get(key)) is not None:
                self._concerned.update(audience for audience in self._filed_under(key) if audience.move(key, row))
            number += 1
            if not number % STEP_ROWS:
                yield
        self._concerned.add(self.plain)
        for audience in self._concerned:
            audience.note(now)
            self.schedule(audience)
        self._concerned.clear()

    def begin_again(self, rows: FoldedRows) -> None:
        """Note that the rows are others altogether."""
        for audience in self._by_view.values():
            audience.is_filled = False
        self.plain.fill(rows)

    def schedule(self, audience: Audience) -> None:
        """Note when an audience is due, and when it wants news, after either has changed; not if it was dropped."""
        if self.get(audience.view) is not audience:
            return
        self._due.set(audience.name, audience.due_at)
        self._wanted.set(audience.name, audience.wanted_from)

    def take_due(self, now: float) -> Audience | None:
        """Take out an audience that is due; None if there is none. `schedule` must follow."""
        name = self._due.take_due(now)
        return None if name is None else self._by_name.get(name, self.plain)

    def _new(self, view: View) -> Audience:
        scoped_by = None
        if view.scope is not None and (of_scope := WHOLE.narrowed_to(view.scope)) != view:
            scoped_by = self.of(of_scope)
            scoped_by.dependents += 1
        return Audience(view, str(next(self._numbers)), self.window_seconds, self._clock, scoped_by)

    def _places(self, view: View) -> list[set[Audience]]:
        if view.is_empty:  # else each change would cost a look at each of them, and one reader may open thousands
            return []
        if view.session is not None:
            return [self._by_session.setdefault(key, set()) for key in view.session]
        if view.channel is not None:
            return [self._by_channel.setdefault(channel, set()) for channel in view.channel]
        return [self._others]

    def _filed_under(self, key: str) -> Iterator[Audience]:
        """The audiences that a row of this key may concern."""
        by_channel = self._by_channel.get(split_key(key)[0], ()) if self._by_channel else ()
        return chain(self._by_session.get(key, ()), by_channel, self._others)
