"""What came and was no word: counted by reason, and told in one line per burst."""

import logging
from collections.abc import Callable
from typing import Final

from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.wire import MalformedReportError

logger = logging.getLogger(__name__)

BURST_SECONDS: Final = 60.0
MAX_SAID_CHARACTERS: Final = 200


class MalformedLog:
    """A line when a burst begins; the next one, a minute later at the earliest, says how many came meanwhile."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._quiet_until = float("-inf")
        self._unsaid = 0

    def note(self, error: MalformedReportError) -> None:
        """Count it, and say so if nothing was said lately."""
        self._metrics.malformed_reports.labels(error.reason).inc()
        if self._clock() < self._quiet_until:
            self._unsaid += 1
            return
        said = ascii(str(error)[:MAX_SAID_CHARACTERS])
        logger.warning("ignored a malformed word (%s), and %d more before it", said, self._unsaid)
        self._quiet_until = self._clock() + BURST_SECONDS
        self._unsaid = 0
