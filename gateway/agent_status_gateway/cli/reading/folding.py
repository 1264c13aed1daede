"""Pure: the snapshot that the events of `?events=changes` come to. Moments are monotonic seconds.

Rule 1. A change is applied to the very snapshot whose id it names. With any other one, something was missed.
Rule 2. A row's duration goes on from the event that brought it, and so does `quiet_seconds`. The global figures come
        whole with each event.
Rule 3. `gone` may name sessions that were never here: such a one came and went between two events.
"""

from agent_status_gateway.cli.reading.answers import Change
from agent_status_gateway.state.fold.schema import GlobalStatus, SessionStatus, Snapshot


class GapError(ValueError):
    """A change does not begin at the snapshot that is here, so a whole one is needed."""


class Fold:
    """Snapshot of one stream, which begins with a whole one and goes on with changes."""

    def __init__(self) -> None:
        self.id = ""
        """The id of the last event; empty before the first one."""
        self.at = 0.0
        """The moment of the last event."""
        self._global: GlobalStatus
        self._rows: dict[str, tuple[SessionStatus, float]] = {}  # with the moment of the event that brought it

    def begin(self, snapshot: Snapshot, id_: str, at: float) -> None:
        """Take a whole snapshot in place of all that is here."""
        self._rows.clear()
        self._take(snapshot["global"], snapshot["sessions"], id_, at)

    def take(self, change: Change, id_: str, at: float) -> None:
        """Take a change.

        Raises:
            GapError: It does not begin at the last event's id.
        """
        if not self.id or change["from"] != self.id:
            raise GapError
        for key in change["gone"]:
            self._rows.pop(key, None)
        self._take(change["global"], change["sessions"], id_, at)

    @property
    def snapshot(self) -> Snapshot:
        """The whole snapshot at the moment of the last event, in the order of the keys."""
        rows = [_aged(*self._rows[key], self.at) for key in sorted(self._rows)]
        return {"global": self._global, "sessions": rows}

    def _take(self, fleet: GlobalStatus, rows: list[SessionStatus], id_: str, at: float) -> None:
        self._global, self.id, self.at = fleet, id_, at
        self._rows.update((row["session_key"], (row, at)) for row in rows)


def _aged(row: SessionStatus, came_at: float, now: float) -> SessionStatus:
    if now <= came_at:
        return row
    aged: SessionStatus = {**row, "duration_seconds": round(row["duration_seconds"] + now - came_at, 1)}
    if "quiet_seconds" in row:
        aged["quiet_seconds"] = round(row["quiet_seconds"] + now - came_at, 1)
    return aged
