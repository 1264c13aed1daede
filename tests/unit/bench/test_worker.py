"""A worker of the bench reports what the contract's encoder would say of it."""

from agent_status_publisher.contract.wire import SessionState, decode_record, encode_record
from bench.fleets.worker import BenchWorker


def test_its_report_is_byte_by_byte_the_contracts() -> None:
    worker = BenchWorker(7, 3, 1000, heartbeat_ms=5000)
    assert worker.encoded(1000) == encode_record(worker.record(1000))
    for number in range(10):
        worker.change(2000 + number)
        assert worker.encoded(4321) == encode_record(worker.record(4321))


def test_ages_grow_and_a_change_begins_its_session_again() -> None:
    worker = BenchWorker(7, 3, 1000, heartbeat_ms=5000)
    worker.change(1400)
    decoded = decode_record(worker.encoded(2000))
    assert [(session.changed_ms, session.run_ms) for session in decoded.sessions] == [
        (600, 1000),
        (1000, 1000),
        (1000, 1000),
    ]
    assert decoded.uptime_ms == 1000


def test_changes_go_through_its_sessions_in_turn_and_each_is_news() -> None:
    worker = BenchWorker(7, 2, 0, heartbeat_ms=5000)
    shown = [[(session.state, session.tool) for session in worker.record(0).sessions]]
    for number in range(16):
        worker.change(0)
        shown.append([(session.state, session.tool) for session in worker.record(0).sessions])
        before, after = shown[-2:]
        assert [one == other for one, other in zip(before, after, strict=True)] == [number % 2 == 1, number % 2 == 0]
    assert shown[0] == [(SessionState.THINKING, None)] * 2
    assert shown[2] == [(SessionState.TOOL_RUNNING, "tool 0")] * 2
