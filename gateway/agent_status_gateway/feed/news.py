"""The news that the feed brings to the pipeline, one type for each kind, and the queue in which they wait.

Moments (`*_at`, `since`) are seconds on the replica's monotonic clock.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from agent_status_publisher.contract.reading import Reading
from agent_status_publisher.contract.wire import MalformedReportError, RawReport

MAX_WAITING_NEWS: Final = 1000
"""News that may wait in the queue. Redis waits for a slow pipeline; if it drops us, everything is read again."""


@dataclass(frozen=True, slots=True)
class Live:
    """The feed is live; `reading` is everything that Redis holds."""

    reading: Reading
    asked_at: float


@dataclass(frozen=True, slots=True)
class ReportHeard:
    """A report came on the channel. It may have to wait in the queue."""

    report: RawReport
    came_at: float


@dataclass(frozen=True, slots=True)
class FullRead:
    """Everything was read again."""

    reading: Reading
    asked_at: float


@dataclass(frozen=True, slots=True)
class KeptRead:
    """The last reports of workers that are gone were read; those of others are among them."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class ClockTicked:
    """Redis's clock showed `time_ms` at some moment between the question and the answer."""

    time_ms: int
    asked_at: float
    came_at: float


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is not a report came on the channel."""

    error: MalformedReportError


@dataclass(frozen=True, slots=True)
class Lost:
    """The feed is lost.

    Attributes:
        reason: One line for an operator.
        since: When Redis last answered in time.
        kind: The reason as a metric's label: an exception's name, or `silence`, `stopped`, `subscription`.
    """

    reason: str
    since: float
    kind: str


News = Live | ReportHeard | FullRead | KeptRead | ClockTicked | Malformed | Lost


def news_queue() -> asyncio.Queue[News]:
    """Make the queue between the feed and the pipeline."""
    return asyncio.Queue(MAX_WAITING_NEWS)
