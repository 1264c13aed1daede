"""Live or lost, since when and why."""

import pytest

from agent_status_gateway.feed.health import NOT_READ_YET, FeedHealth
from agent_status_gateway.feed.news import Lost
from chaos.workers.reports import reading, record, report
from tests.support.builders.clock import Clock

REFUSED = "ConnectionError: refused"


def lost(since: float, reason: str = REFUSED) -> Lost:
    return Lost(reason, since, "ConnectionError")


def test_a_feed_that_was_never_live_is_lost_and_says_that_nothing_was_read() -> None:
    health = FeedHealth(Clock())
    assert (health.state, health.why_no_snapshot, health.stale_seconds) == ("lost", NOT_READ_YET, 0.0)


def test_a_reason_is_better_than_none_for_whoever_waits_for_the_first_snapshot() -> None:
    clock = Clock()
    health = FeedHealth(clock)
    assert not health.went_lost(lost(clock())), "nothing was live, so no outage begins"
    assert health.why_no_snapshot == REFUSED


def test_the_first_time_that_the_feed_is_live_ends_no_outage() -> None:
    clock = Clock()
    health = FeedHealth(clock)
    clock.pass_(5.0)
    assert health.went_live(clock()) is None
    assert (health.state, health.stale_seconds, health.lost_reason) == ("live", None, None)


def test_an_outage_lasts_from_the_last_answer_until_the_feed_is_live_again() -> None:
    clock = Clock()
    health = FeedHealth(clock)
    health.went_live(clock())
    answered_at = clock()
    clock.pass_(3.0)
    assert health.went_lost(lost(answered_at))
    assert not health.went_lost(lost(clock())), "the outage has begun already"
    clock.pass_(4.0)
    assert health.stale_seconds == health.state_seconds == 7.0
    assert health.went_live(clock()) == 7.0


def test_the_log_names_each_reason_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    health = FeedHealth(clock)
    for reason in (REFUSED, REFUSED, "Redis has not answered within 3 s"):
        health.went_lost(lost(clock(), reason))
    assert [line.getMessage() for line in caplog.records] == [
        f"feed lost, serving the last snapshot: {REFUSED}",
        "feed lost, serving the last snapshot: Redis has not answered within 3 s",
    ]


def test_missed_reports_are_logged_once_and_once_again_when_the_channel_brings_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    health = FeedHealth(Clock())
    for seq in (1, 2, 3):
        health.fully_read(reading(report(seq, record("w1")), at=10.0), lambda _, known=seq - 1: known)  # type: ignore[misc]
    assert health.missed_workers == 1
    reason = health.missed_reports_reason
    assert reason is not None
    health.report_heard("w1")
    assert health.missed_reports_reason is None
    health.fully_read(reading(report(4, record("w1")), at=20.0), lambda _: 4)
    assert [line.getMessage() for line in caplog.records] == [reason, "the channel brings all reports again"]
