"""A worker of the bench reports what the contract's encoder would say of it."""

from agent_status_publisher.contract.wire import SessionState, decode_record, encode_record
from bench.fleets.worker import BenchWorker, channel_name, session_key


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


def test_workers_are_spread_over_the_channels_of_their_fleet() -> None:
    keys = [
        [session.key for session in BenchWorker(number, 2, 0, heartbeat_ms=5000, channels=3).record(0).sessions]
        for number in range(4)
    ]
    assert keys[0] == ["channel000:0-0", "channel000:0-1"] == [session_key(0, 0, 3), session_key(0, 1, 3)]
    assert [key.partition(":")[0] for key, _ in keys] == [channel_name(channel) for channel in (0, 1, 2, 0)]


def test_a_report_after_a_second_says_how_old_the_other_sessions_are() -> None:
    worker = BenchWorker(7, 3, 0, heartbeat_ms=5000)
    worker.change(9000)
    ages = [session.changed_ms for session in decode_record(worker.encoded(10_000)).sessions]
    assert ages == [1000, 10_000, 10_000]
