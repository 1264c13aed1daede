"""The state of the feed: live or lost, since when and why, and whose reports the channel does not bring.

Before it comes the pipeline, which notes here what the feed brings; after it the probes, the headers and the log.
"""

import logging
from collections.abc import Callable
from typing import Final

from agent_status_gateway.fanout.events.frames import FeedState, feed_event
from agent_status_gateway.feed.missed_reports import MissedReports
from agent_status_gateway.feed.news import Lost
from agent_status_publisher.contract.reading import Reading

logger = logging.getLogger(__name__)

NOT_HEARD: Final = "not heard on the channel, only by reading Redis: changes are seen late; may they PUBLISH there?"
NOT_READ_YET: Final = "Redis has not been read yet"


class FeedHealth:
    """Lost until the feed says otherwise. `clock` gives monotonic seconds, as the feed's clock does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._has_been_live = False
        self._missed_reports = MissedReports()
        self._has_warned = False
        self.lost_reason: str | None = NOT_READ_YET
        """Why the snapshot is stale; None while the feed is live."""

    @property
    def is_live(self) -> bool:
        """True while the feed is live, and so the snapshot is fresh."""
        return self.lost_reason is None

    @property
    def state(self) -> FeedState:
        """The state as the stream's `feed` events name it."""
        return "live" if self.is_live else "lost"

    @property
    def state_seconds(self) -> float:
        """Seconds for which the feed has been in this state."""
        return self._clock() - self._since

    def event(self) -> bytes:
        """Return the stream's `feed` event of now."""
        return feed_event(self.state, self.state_seconds)

    @property
    def stale_seconds(self) -> float | None:
        """Age of the snapshot, in seconds; None while the feed is live."""
        return None if self.is_live else self.state_seconds

    @property
    def why_no_snapshot(self) -> str:
        """The reason in answers before there is a snapshot."""
        return self.lost_reason or NOT_READ_YET

    @property
    def missed_workers(self) -> int:
        """Number of workers whose reports the channel does not bring."""
        return self._missed_reports.workers

    @property
    def missed_reports_reason(self) -> str | None:
        """Why changes of some workers are seen late; None while the channel brings all reports."""
        workers = self.missed_workers
        if not workers:
            return None
        who = "1 worker is" if workers == 1 else f"{workers} workers are"
        return f"{who} {NOT_HEARD}"

    @property
    def missed_reports_note(self) -> str | None:
        """Reason without the number of workers."""
        return f"some workers are {NOT_HEARD}" if self.missed_workers else None

    def went_live(self, now: float) -> float | None:
        """Note that the feed is live; return the seconds of the outage that this ends, None the first time."""
        outage_seconds = now - self._since if self._has_been_live else None
        if outage_seconds is None:
            logger.info("feed live")
        else:
            logger.info("feed live again, after %.1f s", outage_seconds)
        self._has_been_live = True
        self._since = now
        self.lost_reason = None
        self._missed_reports.forget()
        return outage_seconds

    def went_lost(self, lost: Lost) -> bool:
        """Note that the feed is lost, or still lost for another reason; True if an outage begins."""
        was_live = self.is_live
        if was_live:
            self._since = lost.since
        if self.lost_reason != lost.reason:
            logger.warning("feed lost, serving the last snapshot: %s", lost.reason)
        self.lost_reason = lost.reason
        return was_live

    def report_heard(self, worker_id: str) -> None:
        """Note that the channel has brought a report of this worker."""
        self._missed_reports.heard(worker_id)

    def fully_read(self, reading: Reading, known_seq: Callable[[str], int]) -> None:
        """Count the reports that Redis holds and the channel has not brought."""
        self._missed_reports.read(reading, known_seq)
        reason = self.missed_reports_reason
        if reason and not self._has_warned:
            logger.warning("%s", reason)
        elif self._has_warned and not reason:
            logger.info("the channel brings all reports again")
        self._has_warned = reason is not None
