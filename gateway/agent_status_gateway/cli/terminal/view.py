"""Pure: what is known of a gateway, and the part of that to show now.

The reader comes before it; the terminal and the lines of change come after it. Times are monotonic seconds.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import orjson

from agent_status_gateway.cli.terminal.ended_sessions import ends_within, matches_end
from agent_status_gateway.cli.terminal.presentation import (
    ATTENTION,
    ORDERS,
    STALLED,
    duration,
    json_line,
    matches,
    ordered,
)
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus, Snapshot

FEED_STATE_SECONDS: Final = 2.0
"""Seconds to wait for the feed's state. A gateway sends it together with the first snapshot, or never."""
SILENT_SECONDS: Final = 35.0
"""Seconds without a feed event after which a stream is stale, if its gateway repeats them: three are missing then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedSnapshot:
    """Snapshot, parsed and as the text received.

    Attributes:
        stale_seconds: Age of the outage, if the gateway reported one with the snapshot.
    """

    snapshot: Snapshot
    text: str
    at: float
    stale_seconds: float | None = None

    def json(self, matching: str = "") -> str:
        """Text as received, or that of the sessions that match, in one line without active characters."""
        text = orjson.dumps(select(self.snapshot, matching)).decode() if matching.strip() else self.text
        return json_line(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """State of the gateway's feed from Redis, and since when.

    Attributes:
        at: The moment at which the event came.
        is_first: True if it is the first feed event of its connection.
        will_repeat: True if the gateway is one that repeats an unchanged state.
    """

    is_lost: bool
    since: float
    at: float
    is_first: bool = True
    will_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Reason why there is no stream, and the time of the next try. There is none if it is final."""

    reason: str
    retry_at: float
    is_final: bool = False


News = ReceivedSnapshot | Feed | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything known of a gateway.

    Attributes:
        feed: Last known state. `is_feed_new` is False if it is older than the connection.
        is_feed_repeated: True if this connection's gateway repeats an unchanged state. An older gateway does not.
        is_silent: True if the repeated feed events are missing, so that the gateway may be frozen.
        trouble: None while connected, or before the first attempt has failed.
    """

    received: ReceivedSnapshot | None = None
    feed: Feed | None = None
    is_feed_new: bool = False
    is_feed_repeated: bool = False
    is_silent: bool = False
    trouble: Trouble | None = None

    def after(self, news: News) -> "Known":
        """Knowledge after this piece of news."""
        match news:
            case ReceivedSnapshot():
                return replace(self, received=news, trouble=None)
            case Feed():
                is_same = self.feed is not None and self.feed.is_lost == news.is_lost
                is_repeated = news.will_repeat or (not news.is_first and (is_same or self.is_feed_repeated))
                return replace(self, feed=news, is_feed_new=True, is_feed_repeated=is_repeated, is_silent=False)
            case Trouble():
                return replace(self, trouble=news, is_feed_new=False, is_feed_repeated=False, is_silent=False)

    def as_of(self, now: float) -> "Known":
        """Knowledge at this time: silence has grown."""
        is_silent = self.is_feed_repeated and self.feed is not None and now - self.feed.at > SILENT_SECONDS
        return self if is_silent == self.is_silent else replace(self, is_silent=is_silent)

    def is_current(self, now: float) -> bool:
        """True if the snapshot is current: there is a stream from a gateway that is connected to Redis."""
        if self.received is None or self.trouble is not None or self.is_silent:
            return False
        if self.feed is None:
            return now - self.received.at >= FEED_STATE_SECONDS
        return self.is_feed_new and not self.feed.is_lost

    def snapshot(self, now: float) -> Snapshot | None:
        """Snapshot with durations as of now."""
        return None if self.received is None else aged(self.received.snapshot, now - self.received.at)

    def condition(self, now: float) -> str:
        """Reason why the snapshot is not current: reconnecting or stale. Empty if it is."""
        if self.trouble is not None:
            wait_seconds = math.ceil(self.trouble.retry_at - now)
            when = f" in {wait_seconds} s" if wait_seconds > 0 else ""
            then = f"; the snapshot is {duration(now - self.received.at)} old" if self.received is not None else ""
            return f"reconnecting{when}: {self.trouble.reason}{then}"
        if self.feed is not None and self.is_silent:
            return f"stale: nothing has come from the gateway for {duration(now - self.feed.at)}"
        if self.feed is not None and self.feed.is_lost:
            return f"stale: the gateway lost Redis {duration(now - self.feed.since)} ago"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Parts to show: the sessions that match, in an order.

    Attributes:
        snapshot: None before the first one.
        status: Lines about the connection, the filter, and another order than that of attention.
        is_sound: True if the snapshot is current.
        need: Words for the sessions that need a person, where they are said.
        ends: Sessions that have ended, and match; None if nobody has asked for them.
    """

    snapshot: Snapshot | None
    rows: list[SessionStatus]
    status: tuple[str, ...]
    is_sound: bool
    need: str = ""
    ends: list[EndedStatus] | None = None


def view(
    known: Known,
    now: float,
    *,
    url: str,
    matching: str = "",
    order: str = ATTENTION,
    ended_seconds: int | None = None,
) -> View:
    """View of what is known, with ends that are at most so old."""
    snapshot = known.snapshot(now)
    selected = None if snapshot is None else select(snapshot, matching)
    rows = [] if selected is None else ordered(selected["sessions"], order)
    ends = None if selected is None else ends_within(selected, ended_seconds)
    condition = known.condition(now)
    status: tuple[str, ...] = (condition or f"{'connecting' if snapshot is None else 'connected'} to {url}",)
    if matching.strip() and snapshot is not None:
        status = (*status, f"filter: {matching.strip()}: {len(rows)} of {len(snapshot['sessions'])} sessions")
    if snapshot is not None and any("stalled" in row for row in snapshot["sessions"]):
        stalled = sum(bool(row.get("stalled")) for row in rows)
        status = (*status, f"{STALLED}: {stalled} of {len(rows)} sessions")
    if order != ATTENTION:
        status = (*status, f"order: {ORDERS[order]}")
    return View(snapshot=snapshot, rows=rows, status=status, is_sound=not condition, ends=ends)


def aged(snapshot: Snapshot, seconds: float) -> Snapshot:
    """Snapshot after this time: durations and uptime have grown."""
    seconds = max(0.0, seconds)
    fleet = snapshot["global"]
    has_worker = fleet["uptime_seconds"] > 0 or fleet["max_concurrent"] > 0
    uptime_seconds = fleet["uptime_seconds"] + (int(seconds) if has_worker else 0)
    rows: list[SessionStatus] = [
        {**row, "duration_seconds": row["duration_seconds"] + seconds} for row in snapshot["sessions"]
    ]
    for row in rows:
        if "quiet_seconds" in row:
            row["quiet_seconds"] += seconds
    grown: Snapshot = {**snapshot, "global": {**fleet, "uptime_seconds": uptime_seconds}, "sessions": rows}
    if "ended" in snapshot:
        ends = snapshot["ended"]
        grown["ended"] = [{**end, "ended_seconds_ago": end["ended_seconds_ago"] + seconds} for end in ends]
    return grown


def select(snapshot: Snapshot, matching: str) -> Snapshot:
    """Snapshot with the sessions and the ends that match. The fleet's figures stay those of all sessions."""
    if not matching.strip():
        return snapshot
    rows = [row for row in snapshot["sessions"] if matches(row, matching)]
    selected: Snapshot = {**snapshot, "sessions": rows}
    if "ended" in snapshot:
        selected["ended"] = [end for end in snapshot["ended"] if matches_end(end, matching)]
    return selected
