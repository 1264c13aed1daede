"""Pure: the readers of one view: its rows, what changed in them, when it is sent, and what was last made for it."""

from collections.abc import Callable, Collection, Iterable

from agent_status_gateway.fanout.change_reader import ChangeReader
from agent_status_gateway.fanout.client import Client
from agent_status_gateway.fanout.events.changes import Change, encode_change
from agent_status_gateway.fanout.events.frames import Frame
from agent_status_gateway.fanout.events.served_frame import SHORT_ROWS, ServedFrame
from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.fanout.members.poll import Member, Poll
from agent_status_gateway.state.debounce import Debounce
from agent_status_gateway.state.ends.index import End
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.fold.schema import GlobalStatus
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.cadence import NEVER, Cadence
from agent_status_gateway.state.views.change_log import ChangeLog
from agent_status_gateway.state.views.holders import Holders
from agent_status_gateway.state.views.select import empty
from agent_status_gateway.state.views.stalls.stalled_rows import StalledRows
from agent_status_gateway.state.views.view import View

StatusOf = Callable[[Rows, float, Holders | None], GlobalStatus]
"""The global status of some rows at a moment, counting these workers; None counts all."""


class Audience:
    """All clients that read one view. `clock` gives the pipeline's monotonic seconds.

    Attributes:
        name: A name that no other audience of this replica has.
        readers: The clients that get whole snapshots.
        change_readers: The clients that get changes.
        polls: The requests that are held until there is news.
        scoped_by: The audience of the whole scope in which the view is; None if it is that, or has no scope.
        dependents: How many audiences are scoped by this one, which keeps up the workers that are counted for them.
    """

    __slots__ = (
        "_changed",
        "_log",
        "_stalls",
        "cadence",
        "change_readers",
        "debounce",
        "dependents",
        "holders",
        "is_filled",
        "is_whole",
        "name",
        "polls",
        "readers",
        "rows",
        "scoped_by",
        "served",
        "view",
    )

    def __init__(
        self,
        view: View,
        name: str,
        window_seconds: float,
        clock: Callable[[], float],
        scoped_by: "Audience | None" = None,
    ) -> None:
        self.view = view
        self.scoped_by = scoped_by
        self.dependents = 0
        self.holders: Holders | None = None
        if view.scope is not None:
            self.holders = Holders() if scoped_by is None else scoped_by.holders
        self.name = name
        self.is_whole = view.is_whole
        self.rows = empty(view)
        self.is_filled = False
        """True once the rows are those of the view, and kept up."""
        self.readers: set[Client] = set()
        self.change_readers: set[ChangeReader] = set()
        self.polls: set[Poll] = set()
        self.debounce = Debounce(window_seconds)
        self.cadence = Cadence(window_seconds)
        self.served = ServedFrame(clock, is_of_all=self.is_whole)
        self._log = ChangeLog()
        self._changed: list[str] = []
        self._stalls: StalledRows | None = None  # its rows, if it asks which are stalled

    def __len__(self) -> int:
        return len(self.readers) + len(self.change_readers) + len(self.polls)

    @property
    def is_short(self) -> bool:
        """True when its frame can be made without holding the event loop."""
        return self.is_filled and self.rows.entries <= SHORT_ROWS

    @property
    def due_at(self) -> float:
        """The next moment at which something must be sent; infinity without one."""
        return min(self.debounce.closes_at, self.cadence.due_at)

    @property
    def next_stall(self) -> float:
        """The next moment at which one of its rows may have stalled; infinity if none can, or nobody asks."""
        return NEVER if self._stalls is None or not self.is_filled else self._stalls.next_deadline

    @property
    def wanted_from(self) -> float:
        """The moment from which news would be sent at once; infinity without readers."""
        wanted = NEVER
        if self._has_windows:
            wanted = self.debounce.closes_at if self.debounce.is_open else -NEVER
        return min(wanted, self.cadence.wanted_from) if self.change_readers else wanted

    @property
    def _has_windows(self) -> bool:
        """True while somebody waits for the close of a window."""
        return bool(self.readers or self.polls or self.is_whole)

    def add(self, member: Member) -> None:
        """Add a client, whose first event is written, or waits; or a poll that is held."""
        if isinstance(member, ChangeReader):
            if not self.change_readers:
                self.cadence.begin(self.rows.id)
            self.change_readers.add(member)
            return
        if not self._has_windows and not self.debounce.is_open:
            self.debounce.begin(self.rows.id)
        if isinstance(member, Poll):
            self.polls.add(member)
        else:
            self.readers.add(member)

    def remove(self, member: Member) -> None:
        """Remove a client or a poll."""
        if isinstance(member, Poll):
            self.polls.discard(member)
        elif isinstance(member, ChangeReader):
            self.change_readers.discard(member)
        else:
            self.readers.discard(member)

    def fill(self, rows: Rows) -> None:
        """Begin again with these rows, which are of no version that any client has."""
        self.rows = rows
        self._stalls = rows if isinstance(rows, StalledRows) else None
        self.is_filled = True
        self._changed.clear()
        self._log.forget()
        if not self.is_whole:  # that of the whole snapshot begins with the first reading
            self.debounce.begin(rows.id)
            self.cadence.begin(rows.id)

    def put(self, key: str, row: Row | None) -> bool:
        """Note that a row of the whole snapshot has changed, or is gone; True if it concerns this view."""
        if not self.is_filled:
            return False
        if self.is_whole:
            pass  # its rows are the fold's
        elif row is not None and self.view.shows(row):
            self.rows.put(row)
        elif self.rows.remove(key):
            row = None
        else:
            return False
        if self.holders is not None and self.scoped_by is None:
            self.holders.put(key, row)
        self._changed.append(key)
        return True

    def revise(self, key: str, row: Row, fields: frozenset[str]) -> bool:
        """Note that a row of the whole snapshot has other details, and shows the same; True if that concerns this view.

        Args:
            key: The row's key.
            row: The row as it is now.
            fields: The names of the details that differ.
        """
        if self.is_filled and self.view.heeds.isdisjoint(fields) and key in self.rows.by_key and self.view.shows(row):
            if self.holders is not None and self.scoped_by is None:
                self.holders.put(key, row)
            if self._stalls is None:
                return False
            if self._stalls.look_at(row):
                self._changed.append(key)
            return True  # its deadline may be another one
        return self.put(key, row)

    def put_end(self, key: str, end: End | None) -> bool:
        """Note the end of a session, or that none is told of it any more; True if that concerns this view."""
        if not self.is_filled or self.rows.ended is None or not self.rows.ended.put(key, end):
            return False
        self._changed.append(key)
        return True

    def take_stalled(self) -> None:
        """Note a row whose deadline has come, if it has stalled."""
        if self._stalls is not None and (key := self._stalls.take_stalled()) is not None:
            self._changed.append(key)

    def note(self, now: float) -> None:
        """Note that all rows that have changed are known: what they come to is a new version."""
        if self._changed:
            if self.change_readers:
                self._log.note(self._changed)
            else:
                self._log.forget()
            self._changed.clear()
        if self._has_windows:
            self.debounce.note(self.rows.id, now)
        if self.change_readers:
            self.cadence.note(self.rows.id, now)

    def serving(self, *, wants_changes: bool) -> Frame | None:
        """Return the frame for a client that joins; None if another one must be made.

        A reader of changes is not sent what has changed before it joined, so its frame must be of the rows of now.
        """
        return self.served.serving(self.rows.id, may_be_older=self.debounce.is_open and not wants_changes)

    def renew(self, status_of: StatusOf, now: float) -> Steps[Frame]:
        """Make a frame of the rows of now, which must not change during it."""
        frame = yield from self.served.renew(self.rows, status_of(self.rows, now, self.holders), self._log.version, now)
        return frame

    def update(
        self, groups: Iterable[Collection[Member]], status_of: StatusOf, now: float, *, may_serve: bool
    ) -> Steps[Update]:
        """Make what the clients of these groups need to get from what was last written to each to the rows of now.

        Polls need only the id. If `may_serve`, a frame of these rows that was made a moment ago is the whole.
        """
        snapshot_id, version = self.rows.id, self._log.version
        needs_whole, bases = self._needs(groups, snapshot_id)
        changes: dict[int, Change] = {}
        status = status_of(self.rows, now, self.holders)
        by_key = self.rows.by_key
        for base_version, base_id in bases.items():
            keys = self._log.since(base_version)
            if keys is None:
                needs_whole = True
                continue
            keys.sort()
            rows = [by_key[key] for key in keys if key in by_key]
            gone = [key for key in keys if key not in by_key]
            ends = None if self.rows.ended is None else (yield from self.rows.ended.newest(now, keys))
            changes[base_version] = yield from encode_change(
                base_id, snapshot_id, status, rows, gone, now, self.rows.form, ends
            )
        whole: Frame | None = None
        if needs_whole and may_serve:
            whole = self.served.serving(snapshot_id, may_be_older=False)
        if needs_whole and (whole is None or whole.version != version):
            whole = yield from self.renew(status_of, now)
        return Update(snapshot_id, version, whole, changes)

    def _needs(self, groups: Iterable[Collection[Member]], snapshot_id: str) -> tuple[bool, dict[int, str]]:
        """Find whether these members need a whole snapshot, and the versions and ids that they need a change from."""
        needs_whole = False
        bases: dict[int, str] = {}
        for group in groups:
            if group is self.readers:  # there may be thousands, and all need the same
                needs_whole = needs_whole or bool(group)
                continue
            if group is self.polls:
                continue
            for member in group:
                if isinstance(member, ChangeReader):
                    if member.version not in bases and (base_id := member.base(snapshot_id)) is not None:
                        bases[member.version] = base_id
                elif isinstance(member, Client):
                    needs_whole = True
        return needs_whole, bases
