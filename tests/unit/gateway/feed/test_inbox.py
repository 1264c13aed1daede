"""Reports that wait to be looked at."""

import pytest

from agent_status_gateway.feed import inbox as inbox_module
from agent_status_gateway.feed.inbox import REPORT_BYTES, Inbox
from agent_status_publisher.contract.wire import RawReport
from chaos.workers.reports import record, report


def raw(worker_id: str, seq: int, size: int = 10) -> RawReport:
    return RawReport(worker_id=worker_id, seq=seq, at_ms=0, record=b"x" * size)


def test_of_one_worker_only_the_newest_report_waits() -> None:
    inbox = Inbox()
    for seq in (1, 3, 2):
        inbox.put(raw("w1", seq), float(seq))
    unread = inbox.take()
    assert unread is not None
    assert (unread.report.seq, unread.came_at, unread.has_displaced) == (3, 3.0, True)
    assert inbox.take() is None


def test_the_report_that_has_waited_longest_is_taken_first() -> None:
    inbox = Inbox()
    for name in ("w1", "w2", "w3"):
        inbox.put(raw(name, 1), 0.0)
    assert len(inbox) == 3
    taken = [unread.report.worker_id for _ in range(3) if (unread := inbox.take())]
    assert taken == ["w1", "w2", "w3"]


def test_its_fullness_follows_what_is_put_in_and_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SHORT_BYTES", REPORT_BYTES + 10)
    monkeypatch.setattr(inbox_module, "MAX_WAITING_BYTES", 2 * (REPORT_BYTES + 10))
    inbox = Inbox()
    assert (inbox.is_short, inbox.is_full) == (True, False)
    for number in range(3):
        inbox.put(raw(f"w{number}", 1), 0.0)
    assert (inbox.is_short, inbox.is_full) == (False, True)
    inbox.take()
    assert (inbox.is_short, inbox.is_full) == (False, False)
    inbox.take()
    assert inbox.is_short
    inbox.put(raw("w2", 2, size=30), 0.0)
    assert not inbox.is_short


def test_a_report_that_waits_and_is_newer_than_the_known_one_need_not_be_read() -> None:
    inbox = Inbox()
    newer, older = report(8, record("w1"), at=1.0), report(3, record("w2"), at=1.0)
    for came in (report(7, record("w1")), newer, report(6, record("w1"), at=2.0), older):
        inbox.put(came, 1.0)
    assert inbox.newer_reports({"w1": 7, "w2": 3}.__getitem__) == {"w1": newer.stamp}
    assert inbox.newer_reports(lambda _: -1) == {"w1": newer.stamp, "w2": older.stamp}


def test_a_report_that_was_taken_out_waits_no_longer() -> None:
    inbox = Inbox()
    inbox.put(report(1, record("w1")), 0.0)
    inbox.take()
    assert inbox.newer_reports(lambda _: -1) == {}
