"""Pure: the snapshot that the events of `?events=changes` come to. Moments are monotonic seconds.

Rule 1. A change is applied to the very snapshot whose id it names. With any other one, something was missed.
Rule 2. A row's duration goes on from the event that brought it, and so does `quiet_seconds`. The global figures come
        whole with each event.
Rule 3. `gone` may name sessions that were never here: such a one came and went between two events.
Rule 4. A session that has ended is told until it has a row, is gone once more, or ended too long ago. Its age goes on.
"""

from agent_status_gateway.cli.reading.answers import Change
from agent_status_gateway.http.asking.ended import MAX_ENDED_SECONDS
from agent_status_gateway.state.fold.schema import EndedStatus, GlobalStatus, SessionStatus, Snapshot


class GapError(ValueError):
    """A change does not begin at the snapshot that is here, so a whole one is needed."""


class Fold:
    """Snapshot of one stream, which begins with a whole one and goes on with changes.

    Args:
        ended_seconds: How long ago sessions may have ended that the stream tells, if it does.
    """

    def __init__(self, ended_seconds: int = MAX_ENDED_SECONDS) -> None:
        self._ended_seconds = ended_seconds
        self._ended: dict[str, tuple[EndedStatus, float]] | None = None  # as the rows; None if they are not told
        self.id = ""
        """The id of the last event; empty before the first one."""
        self.at = 0.0
        """The moment of the last event."""
        self._global: GlobalStatus
        self._rows: dict[str, tuple[SessionStatus, float]] = {}  # with the moment of the event that brought it

    def begin(self, snapshot: Snapshot, id_: str, at: float) -> None:
        """Take a whole snapshot in place of all that is here."""
        self._rows.clear()
        self._ended = {} if "ended" in snapshot else None
        self._take(snapshot["global"], snapshot["sessions"], id_, at)
        self._take_ends(snapshot.get("ended", []), at)

    def take(self, change: Change, id_: str, at: float) -> None:
        """Take a change.

        Raises:
            GapError: It does not begin at the last event's id.
        """
        if not self.id or change["from"] != self.id:
            raise GapError
        for key in change["gone"]:
            self._rows.pop(key, None)
            self._forget_end(key)
        for row in change["sessions"]:
            self._forget_end(row["session_key"])
        self._take(change["global"], change["sessions"], id_, at)
        self._take_ends(change.get("ended", []), at)

    @property
    def snapshot(self) -> Snapshot:
        """The whole snapshot at the moment of the last event, in the order of the keys."""
        rows = [_aged(*self._rows[key], self.at) for key in sorted(self._rows)]
        snapshot: Snapshot = {"global": self._global, "sessions": rows}
        if self._ended is not None:
            ended = [_aged_end(*known, self.at) for known in self._ended.values()]
            snapshot["ended"] = sorted(ended, key=lambda end: (end["ended_seconds_ago"], end["session_key"]))
        return snapshot

    def _take(self, fleet: GlobalStatus, rows: list[SessionStatus], id_: str, at: float) -> None:
        self._global, self.id, self.at = fleet, id_, at
        self._rows.update((row["session_key"], (row, at)) for row in rows)

    def _take_ends(self, ends: list[EndedStatus], at: float) -> None:
        if self._ended is not None:
            known = self._ended | {end["session_key"]: (end, at) for end in ends}
            since = self._ended_seconds
            self._ended = {key: one for key, one in known.items() if _aged_end(*one, at)["ended_seconds_ago"] <= since}

    def _forget_end(self, key: str) -> None:
        if self._ended is not None:
            self._ended.pop(key, None)


def _aged(row: SessionStatus, came_at: float, now: float) -> SessionStatus:
    if now <= came_at:
        return row
    aged: SessionStatus = {**row, "duration_seconds": round(row["duration_seconds"] + now - came_at, 1)}
    if "quiet_seconds" in row:
        aged["quiet_seconds"] = round(row["quiet_seconds"] + now - came_at, 1)
    return aged


def _aged_end(end: EndedStatus, came_at: float, now: float) -> EndedStatus:
    return {**end, "ended_seconds_ago": round(end["ended_seconds_ago"] + max(0.0, now - came_at), 1)}
