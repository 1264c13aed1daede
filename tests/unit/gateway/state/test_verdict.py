"""Whether a report that Redis holds counts. The rules are the fleet's."""

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.redis_clock import RedisClock
from agent_status_gateway.state.verdict import Verdict, verdict
from agent_status_publisher.contract.wire import RawReport
from chaos.workers.reports import EPOCH_MS, report
from tests.support.builders.fleets import LEASE, one_session


def judged(
    known: RawReport | None,
    stored: RawReport,
    *,
    asked_at: float = 5.0,
    arrived_at: float = 0.0,
    known_seq: int | None = None,
    has_grown: bool = False,
) -> Verdict:
    """The verdict a moment after the reading was asked for, with a Redis clock that shows the test's seconds."""
    now = asked_at + 0.1
    clock = RedisClock()
    clock.tick(EPOCH_MS + round(now * 1000), now, now)
    if known_seq is None:
        known_seq = -1 if known is None else known.seq
    worker = None if known is None else KnownWorker(known.decode(), arrived_at, arrived_at)
    return verdict(worker, stored, asked_at, now, known_seq=known_seq, has_grown=has_grown, clock=clock)


# fleet: Rule 1


def test_a_report_with_the_number_and_the_stamp_of_the_known_one_is_the_same() -> None:
    assert judged(report(7, one_session()), report(7, one_session())) is Verdict.SAME


def test_a_report_with_a_higher_number_is_newer_however_old_its_stamp() -> None:
    assert judged(report(7, one_session(), at=3.0), report(8, one_session(), at=1.0), arrived_at=3.0) is Verdict.NEWER


def test_the_first_report_of_a_worker_is_newer() -> None:
    assert judged(None, report(1, one_session())) is Verdict.NEWER


def test_a_report_of_a_gone_worker_is_older_unless_its_number_is_above_the_remembered_one() -> None:
    assert judged(None, report(7, one_session()), known_seq=7) is Verdict.OLDER
    assert judged(None, report(8, one_session()), known_seq=7) is Verdict.NEWER


def test_a_gone_worker_whose_number_grows_in_redis_writes_so_its_report_is_newer() -> None:
    assert judged(None, report(6, one_session()), known_seq=10**15, has_grown=True) is Verdict.NEWER


def test_a_number_that_grows_below_that_of_a_worker_that_is_shown_is_older() -> None:
    assert judged(report(9, one_session()), report(8, one_session()), has_grown=True, arrived_at=1.0) is Verdict.OLDER


def test_a_report_is_older_if_the_known_one_came_while_redis_was_being_read() -> None:
    assert judged(report(9, one_session()), report(8, one_session(), at=5.05), arrived_at=5.0) is Verdict.OLDER


# fleet: Rule 2


def test_a_report_written_after_the_known_one_came_overrides_it_whatever_its_number() -> None:
    assert judged(report(10**15, one_session()), report(8, one_session(), at=2.0), arrived_at=1.0) is Verdict.OVERRIDES


def test_a_lower_number_that_was_written_before_the_known_report_came_is_older() -> None:
    assert judged(report(9, one_session()), report(8, one_session(), at=0.5), arrived_at=1.0) is Verdict.OLDER


def test_any_report_overrides_one_that_is_past_its_lease() -> None:
    assert judged(report(9, one_session()), report(8, one_session(), at=-1.0), asked_at=LEASE) is Verdict.OVERRIDES
