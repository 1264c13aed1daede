"""Pure: what a reader of `?events=changes` knows, folded from its events."""

from typing import Any, Final

Row = dict[str, Any]
AGES: Final = ("duration_seconds", "quiet_seconds")
"""The fields of a session that go on by themselves."""

ENDED_AGE: Final = "ended_seconds_ago"
"""The field of a session that has ended that goes on by itself."""


class Folded:
    """The snapshot that the events so far come to. Moments are in seconds, on the reader's own clock.

    Args:
        ended_seconds: How long ago sessions may have ended that it asks for; None if it does not.
    """

    def __init__(self, ended_seconds: int | None = None) -> None:
        self._ended_seconds = ended_seconds
        self._ended: dict[str, tuple[Row, float]] = {}  # with the moment of the event that brought it
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
        if ("ended" in data) != (self._ended_seconds is not None):
            raise ValueError(f"a {name} must tell ends if they were asked for, and only then")
        if name == "status":
            self._rows, self._ended = {}, {}
        elif data["from"] != self.id:
            raise ValueError(f"a change from {data['from']} came to a reader of {self.id or 'nothing'}")
        for key in data.get("gone", ()):
            self._rows.pop(key, None)
            self._ended.pop(key, None)
        for row in data["sessions"]:
            self._rows[row["session_key"]] = row, at
            self._ended.pop(row["session_key"], None)
        self._ended.update((row["session_key"], (row, at)) for row in data.get("ended", ()))
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
        whole = {"global": self._global | {"uptime_seconds": uptime}, "sessions": rows}
        return whole if self._ended_seconds is None else whole | {"ended": self._ended_rows(now)}

    def _ended_rows(self, now: float) -> list[Row]:
        """The sessions that have ended, the newest first, without those that are too old by now."""
        aged = [row | {ENDED_AGE: round(row[ENDED_AGE] + now - came_at, 1)} for row, came_at in self._ended.values()]
        in_time = [row for row in aged if row[ENDED_AGE] <= (self._ended_seconds or 0)]
        return sorted(in_time, key=lambda row: (row[ENDED_AGE], row["session_key"]))


def differences(
    folded: dict[str, Any], whole: dict[str, Any], ages_within_seconds: float = 1.2, ended_seconds: float = 3600.0
) -> list[str]:
    """All that is not the same in two snapshots of one moment. Ages may differ by so much.

    A state that begins again within a second is not sent. The rest is the rounding of both ages. One of them alone may
    have an end that is just as old as it may be, `ended_seconds`.
    """
    found = _differing("global", folded["global"], whole["global"], ["uptime_seconds"], ages_within_seconds)
    rows, expected = folded["sessions"], whole["sessions"]
    keys, expected_keys = ([row["session_key"] for row in some] for some in (rows, expected))
    if keys != expected_keys:
        return [*found, f"the keys are {keys}, not {expected_keys}"]
    found += differing_ends(folded, whole, ages_within_seconds, ended_seconds)
    for row, other in zip(rows, expected, strict=True):
        ages = [name for name in AGES if name in row and name in other]
        found += _differing(row["session_key"], row, other, ages, ages_within_seconds)
    return found


def differing_ends(
    folded: dict[str, Any], whole: dict[str, Any], within: float = 1.2, ended_seconds: float = 3600.0
) -> list[str]:
    """All that differs in the ends that two snapshots tell."""
    if ("ended" in folded) != ("ended" in whole):
        return ["only one of them tells ends"]
    ends, expected = ({row["session_key"]: row for row in some.get("ended", ())} for some in (folded, whole))
    found = [
        f"only one tells the end {one}"
        for key in ends.keys() ^ expected.keys()
        if (one := ends.get(key) or expected[key])[ENDED_AGE] < ended_seconds - within
    ]
    for key in ends.keys() & expected.keys():
        found += _differing(key, ends[key], expected[key], [ENDED_AGE], within)
    for some in (ends, expected):
        ages = [row[ENDED_AGE] for row in some.values()]
        found += [] if ages == sorted(ages) else [f"the newest end is not the first: {ages}"]
    return found


def _differing(name: str, one: Row, other: Row, ages: list[str], within: float) -> list[str]:
    names = [field for field in one | other if field not in ages and one.get(field) != other.get(field)]
    names += [age for age in ages if abs(one[age] - other[age]) > within]
    return [f"{field} of {name} is {one.get(field)!r}, not {other.get(field)!r}" for field in names]
