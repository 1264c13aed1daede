"""Pure: a view, which is one part of the snapshot as a value.

Rule 1. The values of one field are alternatives, but for labels, which must all hold. The fields must all hold.
Rule 2. Views that are written differently but ask for the same fields and values are equal, and are spelled alike.
Rule 3. A view within another shows the rows that both show, and no other. So a scope can only narrow.
Rule 4. A view of a reader with a scope knows the scope, since the global status counts the workers of that scope. So
        views of different scopes differ, though they may show the same rows.
Rule 5. A view may say by what its rows are counted: a reader of its summary gets the counts, and not the rows. So a
        summary is a view of its own. No scope says it.
Rule 6. A view that asks for fields of rows differs from one that does not: its rows say more. No scope says it. So does
        one that asks which sessions are stalled, after so many seconds.
Rule 7. A view may tell which sessions have ended, up to an age. It differs from one that does not. No scope says it.
        An end has no state, so `state` leaves none of them out.
Rule 8. A scope hides a parent that it does not show: no view within it finds a row by that parent, or names it. An end
        is found by a parent only where the scope names that, or shows it by its key alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from urllib.parse import quote

from typing_extensions import override

from agent_status_gateway.state.ends.index import End
from agent_status_gateway.state.fold.families import Label
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.schema import split_key
from agent_status_publisher.contract.wire import SessionState

T = TypeVar("T", bound=str)
PLAIN_CHARACTERS: Final = ":/"
"""The characters, besides letters, digits and `_.-~`, that stand for themselves in a spelling, as a query allows."""


@dataclass(frozen=True, slots=True)
class View:
    """One part of the snapshot: None in a field shows any value, and an empty set shows no row.

    Attributes:
        channel: The channels of which a session must have one, as the row shows them.
        state: The states of which a session must have one.
        session: The session keys of which it must have one.
        parent: The session keys of which its parent must be one.
        label: The labels, `name:value`, which it must all have.
        scope: The part whose workers the global status counts, in which this view is; None counts all workers.
        by: What its rows are counted by: `channel`, `state`, `worker` or `label.NAME`; None shows the rows.
        fields: What each row says besides what every row says, in one order (views/fields.py).
        ended: The most seconds since the end of a session that it tells; None tells no ends.
        stalled: The seconds without a call after which a row that works is stalled (views/stalls); None says nothing.
    """

    channel: frozenset[str] | None = None
    state: frozenset[SessionState] | None = None
    session: frozenset[str] | None = None
    parent: frozenset[str] | None = None
    label: frozenset[str] = frozenset()
    scope: "View | None" = None
    by: str | None = None
    fields: tuple[str, ...] = ()
    ended: int | None = None
    stalled: int | None = None
    is_whole: bool = field(init=False, repr=False, compare=False)
    """True if it shows every row as it is, and counts all workers."""
    labels: frozenset[Label] = field(init=False, repr=False, compare=False)
    """The labels, by name and value."""
    heeds: frozenset[str] = field(init=False, repr=False, compare=False)
    """The details of a row that its reader is sent or that are counted, by their names."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once: a view is looked up for each client that joins, and for each change.
        shown = (self.channel, self.state, self.session, self.parent, self.label, self.scope)
        said = (self.by, self.fields, self.stalled, self.ended)
        object.__setattr__(self, "_hash", hash((shown, said)))
        is_whole = shown == (None, None, None, None, frozenset(), None) and said == (None, (), None, None)
        object.__setattr__(self, "is_whole", is_whole)
        labels = frozenset((name, value) for name, _, value in (label.partition(":") for label in self.label))
        object.__setattr__(self, "labels", labels)
        counted = _COUNTED_BY.get((self.by or "").partition(".")[0], ())
        object.__setattr__(self, "heeds", frozenset([*counted, *self.fields]))

    @override
    def __hash__(self) -> int:
        return self._hash

    @property
    def is_empty(self) -> bool:
        """True if no row can be in this part."""
        allowed = (self.channel, self.state, self.session, self.parent)
        if any(some is not None and not some for some in allowed):
            return True
        return len({name for name, _ in self.labels}) < len(self.labels)  # a row has one value of a label at most

    @property
    def follows_parents(self) -> bool:
        """True if what it shows of a row depends on whether its scope shows the row's parent, by labels or parents."""
        scope = self.scope
        return scope is not None and not scope.is_by_key and (self.parent is not None or "parent" in self.heeds)

    @property
    def is_by_key(self) -> bool:
        """True if a session's key alone decides whether it is in this part."""
        return self.state is None and self.parent is None and not self.label

    def shows(self, row: Row) -> bool:
        """Test whether a row is in this part."""
        return not (
            (self.session is not None and row.key not in self.session)
            or (self.state is not None and row.shown.state not in self.state)
            or (self.channel is not None and split_key(row.key)[0] not in self.channel)
            or (self.parent is not None and self.parent_of(row) not in self.parent)
            or (self.labels and not self.labels.issubset(row.details.labels))
        )

    def shows_end(self, end: End) -> bool:
        """Test whether the end of a session is in this part, whatever its state was."""
        how, scope = end.how, self.scope
        parent = how.parent
        # Whether its parent is open now must not decide whether a reader knows of it.
        if parent is not None and scope is not None and parent not in (scope.parent or ()):
            parent = parent if scope.is_by_key and scope.shows_key(parent) else None
        return (
            self.shows_key(end.key)
            and (self.parent is None or parent in self.parent)
            and (not self.labels or self.labels.issubset(how.labels))
        )

    def parent_of(self, row: Row) -> str | None:
        """The parent of a row, as far as a reader of this view may know it."""
        parent, scope = row.details.parent, self.scope
        if parent is None or scope is None or (scope.parent is not None and parent in scope.parent):
            return parent
        if scope.is_by_key:
            return parent if scope.shows_key(parent) else None
        shown = row.source.rows.get(parent)
        return None if shown is None or not scope.shows(shown) else parent

    def shows_key(self, key: str) -> bool:
        """Test whether a session with this key can be in this part, whatever else it is."""
        return (self.session is None or key in self.session) and (
            self.channel is None or split_key(key)[0] in self.channel
        )

    def with_fields(self, fields: tuple[str, ...]) -> "View":
        """Make the view of the same rows that say these fields, too."""
        return replace(self, fields=fields) if fields else self

    def with_ended(self, seconds: int | None) -> "View":
        """Make the view of the same rows that tells which of its sessions have ended at most so many seconds ago."""
        return self if seconds is None else replace(self, ended=seconds)

    def with_stalled(self, seconds: int | None) -> "View":
        """Make the view of the same rows that say whether they are stalled after so many seconds, too."""
        return self if seconds is None else replace(self, stalled=seconds)

    def within(self, scope: "View") -> "View":
        """Narrow this part to what `scope` shows too."""
        if scope.is_whole or self is scope:
            return self
        if self.is_whole:
            return scope
        return View(
            _both(self.channel, scope.channel),
            _both(self.state, scope.state),
            _both(self.session, scope.session),
            _both(self.parent, scope.parent),
            self.label | scope.label,
            by=self.by,
            fields=self.fields,
            ended=self.ended,
            stalled=self.stalled,
        )

    def narrowed_to(self, scope: "View") -> "View":
        """Narrow this part to what a reader with this scope may see. Neither of them has a scope already."""
        return self if scope.is_whole else replace(self.within(scope), scope=scope)

    def counted_by(self, by: str) -> "View":
        """Make the view of the same rows that shows only how many they are."""
        return replace(self, by=by)

    def query(self) -> str:
        """Spell it as a query, percent-encoded and sorted; empty for the whole snapshot.

        An empty set is spelled as an empty value, such as `channel=`. No query has that, so it cannot be parsed.
        """
        return "&".join(self._fields())

    def _fields(self) -> Iterator[str]:
        # Sorted, since a frozenset's own order differs from one process to the next.
        if self.channel is not None:
            yield f"channel={','.join(map(_quoted, sorted(self.channel)))}"
        if self.state is not None:
            yield f"state={','.join(sorted(self.state))}"
        for name, values in (("session", self.session), ("parent", self.parent), ("label", self.label or None)):
            if values is not None:
                yield from (f"{name}={_quoted(value)}" for value in sorted(values) or [""])
        if self.by is not None:
            yield f"by={_quoted(self.by)}"
        if self.fields:
            yield f"fields={','.join(self.fields)}"
        if self.ended is not None:
            yield f"ended={self.ended}"
        if self.stalled is not None:
            yield f"stalled={self.stalled}"


_COUNTED_BY: Final = {"worker": ("worker_id",), "label": ("labels",)}
"""The details of a row by which it may be counted, by the beginning of `by`."""
WHOLE: Final = View()
"""The whole snapshot, which a query without fields asks for."""


def _both(some: frozenset[T] | None, others: frozenset[T] | None) -> frozenset[T] | None:
    if some is None or others is None:
        return others if some is None else some
    return some & others


def _quoted(value: str) -> str:
    return quote(value, safe=PLAIN_CHARACTERS)
