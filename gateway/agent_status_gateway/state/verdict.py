"""Pure: whether a report that Redis holds counts against what is known of its worker. The rules are fleet.py's."""

from enum import StrEnum

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.redis_clock import ALWAYS, RedisClock
from agent_status_publisher.contract.wire import RawReport


class Verdict(StrEnum):
    """The relation of a report that was read to the one that is known."""

    SAME = "same"
    """Rule 1: it is known already."""
    NEWER = "newer"
    """Rule 1: its number is above the known one, or its worker has written again since it was forgotten."""
    OVERRIDES = "overrides"
    """Rule 2: its number is not above the known one, but Redis got it later, or the known one is past its lease."""
    OLDER = "older"
    """Rule 1: none of these, so it does not count."""


def verdict(
    known: KnownWorker | None,
    raw: RawReport,
    asked_at: float,
    now: float,
    *,
    known_seq: int,
    has_grown: bool,
    clock: RedisClock,
) -> Verdict:
    """Judge one report of a reading.

    Args:
        known: The worker as it is shown; None if it is not.
        raw: The report.
        asked_at: When the reading was asked for.
        now: When it came.
        known_seq: The number of the worker's known or remembered report; -1 without any.
        has_grown: Whether the worker's number in Redis has grown since the reading before.
        clock: Redis's clock.
    """
    if known and (raw.seq, raw.at_ms) == (known.report.seq, known.report.at_ms):
        return Verdict.SAME
    if raw.seq > known_seq or (known is None and has_grown):
        return Verdict.NEWER
    if known is None or known.arrived_at >= asked_at:
        return Verdict.OLDER
    if now >= known.lease_ends_at or min(clock.moments(raw.at_ms, ALWAYS, now)) > known.arrived_at:
        return Verdict.OVERRIDES
    return Verdict.OLDER
