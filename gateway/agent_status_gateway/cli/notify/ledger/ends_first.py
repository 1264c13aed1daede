"""A ledger that is told what is over before it is asked anything else.

Rule 1. What is over is kept until the ledger has taken it, and is sent before every question. So nothing that begins
        again is taken for what was told before.
Rule 2. While the ledger cannot be asked, it is sent again after a second, and after twice as long each time, up to a
        minute.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from agent_status_gateway.cli.notify.ledger.ledger import Claim, Entry, Ledger, LedgerError

logger = logging.getLogger(__name__)

FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 60.0


class EndsFirst:
    """A ledger that keeps what it cannot note yet. `clock` gives monotonic seconds."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Entry, float]] = {}
        self._wait_seconds = FIRST_RETRY_SECONDS
        self._again_at = float("-inf")

    def note(self, entries: Sequence[Entry]) -> None:
        """Note what is due, after what is over."""
        self._send()
        self._ledger.note(entries)

    def claim(self, entries: Sequence[Entry], id_: str, lease_seconds: float) -> list[Claim]:
        """Claim for a time, after what is over was noted."""
        self._send()
        return self._ledger.claim(entries, id_, lease_seconds)

    def settle(self, entries: Sequence[Entry]) -> None:
        """Note what was told."""
        self._ledger.settle(entries)

    def end(self, entries: Sequence[Entry]) -> None:
        """Take what is over, and note it now or later. A ledger that cannot be asked raises nothing here.

        To be called without any as well, now and then: that tries again what is kept.
        """
        now = self._clock()
        with self._lock:
            self._kept |= {entry.name: (entry, now) for entry in entries}
        if not self._kept or now < self._again_at:
            return
        try:
            self._send()
        except LedgerError as error:
            logger.warning("what is over cannot be noted yet: %s", error)
            self._again_at = self._clock() + self._wait_seconds
            self._wait_seconds = min(2 * self._wait_seconds, LAST_RETRY_SECONDS)

    def _send(self) -> None:
        """Send what is kept. Two threads may send the same, which does no harm: neither waits for the other."""
        with self._lock:
            kept = dict(self._kept)
        if not kept:
            return
        now = self._clock()
        self._ledger.end([_as_of(entry, now - moment) for entry, moment in kept.values()])
        self._wait_seconds, self._again_at = FIRST_RETRY_SECONDS, float("-inf")
        with self._lock:
            self._kept = {name: one for name, one in self._kept.items() if kept.get(name) is not one}


def _as_of(entry: Entry, seconds: float) -> Entry:
    """The entry that many seconds later."""
    untrue = None if entry.untrue_seconds is None else entry.untrue_seconds + seconds
    return entry._replace(
        age_seconds=entry.age_seconds + seconds,
        untrue_seconds=untrue,
        over_seconds=entry.over_seconds + seconds,
    )
