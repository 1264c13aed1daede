"""Pure: what is known of a gateway, what it told and when, and what of that a person is shown now.

Before it comes the reader; after it the terminal and the lines of change. Times are seconds on one monotonic clock.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import orjson

from agent_status_gateway.cli.terminal.presentation import duration, in_order, matches
from agent_status_gateway.state.schema import SessionStatus, Snapshot

QUIET_SECONDS: Final = 2.0
"""A gateway tells of its feed together with the first picture; one that has not by then never will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedSnapshot:
    """A snapshot, also as the text that came.

    Attributes:
        stale_seconds: For how long the gateway had not heard Redis, if it said so with the snapshot.
    """

    snapshot: Snapshot
    text: str
    at: float
    stale_seconds: float | None = None

    def json(self, matching: str = "") -> str:
        """The text as it came, or of the sessions that match."""
        return orjson.dumps(select(self.snapshot, matching)).decode() if matching.strip() else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Whether the gateway hears Redis, and since when."""

    is_lost: bool
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the gateway is not heard, and when it is asked again; never, if that would be of no use."""

    reason: str
    retry_at: float
    is_final: bool = False


News = ReceivedSnapshot | Feed | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known of a gateway.

    Attributes:
        feed: What was told last; after trouble it may be old, which `is_feed_new` says.
        trouble: None while connected, or before the first attempt has failed.
    """

    received: ReceivedSnapshot | None = None
    feed: Feed | None = None
    is_feed_new: bool = False
    trouble: Trouble | None = None

    def hear(self, news: News) -> "Known":
        """What is known after this."""
        match news:
            case ReceivedSnapshot():
                return replace(self, received=news, trouble=None)
            case Feed():
                return replace(self, feed=news, is_feed_new=True)
            case Trouble():
                return replace(self, trouble=news, is_feed_new=False)

    def is_current(self, now: float) -> bool:
        """Whether the picture is the fleet's state of now: connected to a gateway that hears Redis."""
        if self.received is None or self.trouble is not None:
            return False
        if self.feed is None:
            return now - self.received.at >= QUIET_SECONDS
        return self.is_feed_new and not self.feed.is_lost

    def snapshot(self, now: float) -> Snapshot | None:
        """The picture, as old as it is now."""
        return None if self.received is None else aged(self.received.snapshot, now - self.received.at)

    def condition(self, now: float) -> str:
        """What is wrong with the picture: reconnecting, or stale; empty if nothing is."""
        if self.trouble is not None:
            wait_seconds = math.ceil(self.trouble.retry_at - now)
            when = f" in {wait_seconds} s" if wait_seconds > 0 else ""
            then = f"; the snapshot is {duration(now - self.received.at)} old" if self.received is not None else ""
            return f"reconnecting{when}: {self.trouble.reason}{then}"
        if self.feed is not None and self.feed.is_lost:
            return f"stale: the gateway lost Redis {duration(now - self.feed.since)} ago"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is shown: of the sessions those that match, in the order in which people want them.

    Attributes:
        snapshot: None before the first one.
        status: What is to be said of the connection, and of the filter.
        is_sound: Whether nothing is wrong with the picture.
    """

    snapshot: Snapshot | None
    rows: list[SessionStatus]
    status: tuple[str, ...]
    is_sound: bool


def view(known: Known, now: float, *, url: str, matching: str = "") -> View:
    """What is shown of what is known."""
    snapshot = known.snapshot(now)
    rows = [] if snapshot is None else in_order(select(snapshot, matching)["sessions"])
    condition = known.condition(now)
    status: tuple[str, ...] = (condition or f"{'connecting' if snapshot is None else 'connected'} to {url}",)
    if matching.strip() and snapshot is not None:
        status = (*status, f"filter: {matching.strip()}: {len(rows)} of {len(snapshot['sessions'])} sessions")
    return View(snapshot=snapshot, rows=rows, status=status, is_sound=not condition)


def aged(snapshot: Snapshot, seconds: float) -> Snapshot:
    """The same picture, this much later: durations and uptime have grown."""
    seconds = max(0.0, seconds)
    fleet = snapshot["global"]
    has_worker = fleet["uptime_seconds"] > 0 or fleet["max_concurrent"] > 0
    uptime_seconds = fleet["uptime_seconds"] + (int(seconds) if has_worker else 0)
    rows: list[SessionStatus] = [
        {**row, "duration_seconds": row["duration_seconds"] + seconds} for row in snapshot["sessions"]
    ]
    return {"global": {**fleet, "uptime_seconds": uptime_seconds}, "sessions": rows}


def select(snapshot: Snapshot, matching: str) -> Snapshot:
    """The picture with the sessions that match; the fleet's own figures stay whole."""
    if not matching.strip():
        return snapshot
    return {**snapshot, "sessions": [row for row in snapshot["sessions"] if matches(row, matching)]}
