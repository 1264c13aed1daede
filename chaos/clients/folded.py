"""Pure: what a reader of `?events=changes` knows, folded from its events."""

from typing import Any, Final

Row = dict[str, Any]
AGES: Final = ("duration_seconds", "quiet_seconds")
"""The fields of a session that go on by themselves."""


class Folded:
    """The snapshot that the events so far come to. Moments are in seconds, on the reader's own clock."""

    def __init__(self) -> None:
        self.id = ""
        """The id of the last event that was taken; empty before the first one."""
        self._global: dict[str, Any] = {}
        self._came_at = 0.0
        self._rows: dict[str, tuple[Row, float]] = {}  # with the moment of the event that brought it

    def take(self, name: str, data: Any, id_: str | None, at: float) -> None:
        """Take one event; one that is neither a status nor a change says nothing of the snapshot.

        Raises:
            ValueError: The event cannot be right for a reader with these events before it.
        """
        if name not in {"status", "change"}:
            return
        if not id_:
            raise ValueError(f"a {name} event must have an id")
        if name == "status":
            self._rows = {}
        elif data["from"] != self.id:
            raise ValueError(f"a change from {data['from']} came to a reader of {self.id or 'nothing'}")
        for key in data.get("gone", ()):
            self._rows.pop(key, None)
        self._rows.update((row["session_key"], (row, at)) for row in data["sessions"])
        self.id, self._global, self._came_at = id_, data["global"], at

    @property
    def states(self) -> dict[str, str]:
        """Each session's state."""
        return {key: row["state"] for key, (row, _) in sorted(self._rows.items())}

    def snapshot(self, now: float) -> dict[str, Any]:
        """The whole snapshot at this moment: durations go on from the event that brought them."""
        uptime = int(self._global["uptime_seconds"] + now - self._came_at)
        rows = [
            row | {name: round(row[name] + now - came_at, 1) for name in AGES if name in row}
            for _, (row, came_at) in sorted(self._rows.items())
        ]
        return {"global": self._global | {"uptime_seconds": uptime}, "sessions": rows}


def differences(folded: dict[str, Any], whole: dict[str, Any], ages_within_seconds: float = 1.2) -> list[str]:
    """All that is not the same in two snapshots of one moment. Ages may differ by so much.

    A state that begins again within a second is not sent. The rest is the rounding of both ages.
    """
    found = _differing("global", folded["global"], whole["global"], ["uptime_seconds"], ages_within_seconds)
    rows, expected = folded["sessions"], whole["sessions"]
    keys, expected_keys = ([row["session_key"] for row in some] for some in (rows, expected))
    if keys != expected_keys:
        return [*found, f"the keys are {keys}, not {expected_keys}"]
    for row, other in zip(rows, expected, strict=True):
        ages = [name for name in AGES if name in row and name in other]
        found += _differing(row["session_key"], row, other, ages, ages_within_seconds)
    return found


def _differing(name: str, one: Row, other: Row, ages: list[str], within: float) -> list[str]:
    names = [field for field in one | other if field not in ages and one.get(field) != other.get(field)]
    names += [age for age in ages if abs(one[age] - other[age]) > within]
    return [f"{field} of {name} is {one.get(field)!r}, not {other.get(field)!r}" for field in names]
