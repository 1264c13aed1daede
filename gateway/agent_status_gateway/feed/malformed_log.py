"""Malformed reports: counted by reason, and logged in one line per burst."""

import logging
from collections.abc import Callable
from typing import Final

from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.wire import MalformedReportError

logger = logging.getLogger(__name__)

BURST_SECONDS: Final = 60.0
"""Seconds after a line during which no other is logged."""
MAX_LOGGED_CHARACTERS: Final = 200
"""Maximum characters of an error in a line."""


class MalformedLog:
    """A line when a burst begins. The next one, a minute later at the earliest, counts those between them."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._quiet_until = float("-inf")
        self._unlogged = 0

    def note(self, error: MalformedReportError) -> None:
        """Count an error, and log it unless another was logged lately."""
        self._metrics.malformed_reports.labels(error.reason).inc()
        if self._clock() < self._quiet_until:
            self._unlogged += 1
            return
        text = ascii(str(error)[:MAX_LOGGED_CHARACTERS])
        logger.warning("ignored a malformed report (%s), and %d more before it", text, self._unlogged)
        self._quiet_until = self._clock() + BURST_SECONDS
        self._unlogged = 0
