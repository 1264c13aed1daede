"""Pure: which views a row may concern, found by an index: a change costs nothing for the views it does not concern.

Each view is filed under the field that leaves the fewest rows, and nowhere if it can have none.
"""

from collections.abc import Hashable, Iterable, Iterator
from itertools import chain
from typing import Any

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.state.fold.families import Label
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.details.details import NO_DETAILS, Details


class Filing:
    """The audiences of views by what their rows must have: a key, a parent, a channel or a label; or else nothing."""

    def __init__(self) -> None:
        self._by_session: dict[str, set[Audience]] = {}
        self._by_parent: dict[str, set[Audience]] = {}
        self._by_channel: dict[str, set[Audience]] = {}
        self._by_label: dict[Label, set[Audience]] = {}
        self._others: set[Audience] = set()

    @property
    def is_empty(self) -> bool:
        """True if nothing is filed."""
        return not any((self._by_session, self._by_parent, self._by_channel, self._by_label, self._others))

    def add(self, audience: Audience) -> None:
        """File an audience."""
        if audience.view.is_empty:  # else each change would cost a look at each, and one reader may open thousands
            return
        index, names = self._place(audience.view)
        if index is None:
            self._others.add(audience)
            return
        for name in names:
            index.setdefault(name, set()).add(audience)

    def remove(self, audience: Audience) -> None:
        """Take an audience out."""
        index, names = self._place(audience.view)
        if index is None:
            self._others.discard(audience)
            return
        for name in names:
            if (filed := index.get(name)) is not None:
                filed.discard(audience)
                if not filed:
                    del index[name]

    def concerned(self, key: str, now: Details, before: Details | None) -> Iterable[Audience]:
        """The audiences that a row of this key may concern, which has these details, and had those if they differ."""
        by_channel = self._by_channel.get(split_key(key)[0], ()) if self._by_channel else ()
        plainly = chain(self._by_session.get(key, ()), by_channel, self._others)
        if now is NO_DETAILS and before is None:
            return plainly
        return {*plainly, *self._related(now), *self._related(before or NO_DETAILS)}

    def _related(self, details: Details) -> Iterator[Audience]:
        """The audiences that are filed under a parent or a label of these details."""
        if details.parent is not None:
            yield from self._by_parent.get(details.parent, ())
        if self._by_label:
            for label in details.labels:
                yield from self._by_label.get(label, ())

    def _place(self, view: View) -> tuple[dict[Any, set[Audience]] | None, Iterable[Hashable]]:
        """The index in which a view is filed, and the names there."""
        if view.session is not None:
            return self._by_session, view.session
        if view.parent is not None:
            return self._by_parent, view.parent
        if view.channel is not None:
            return self._by_channel, view.channel
        if view.labels:
            return self._by_label, (min(view.labels),)
        return None, ()
