"""Key names, the channel's header, and what the write script is given and answers."""

import pytest

from agent_status_publisher.contract.wire import (
    MAX_REPORT_BYTES,
    Keys,
    MalformedReportError,
    Remembered,
    answered_keys,
    decode_message,
    encode_record,
    remembered_by,
    write_arguments,
)
from chaos.workers.reports import ended, record, session

ENCODED = encode_record(record("w1", session()))
REMEMBERED = Remembered(memory="m", seq=6, at_ms=1_000_000, drafted_at=48.0, answered_at=49.0)


def test_every_name_of_a_namespace_shares_one_cluster_slot() -> None:
    keys = Keys("prod")
    assert (keys.worker("w1"), keys.workers, keys.events, keys.probe) == (
        "agent-status:{prod}:worker:w1",
        "agent-status:{prod}:workers",
        "agent-status:{prod}:events",
        "agent-status:{prod}:probe",
    )


@pytest.mark.parametrize("namespace", ["", "a b", "a}b", "{a", "a:b", "x" * 65, "ü", "a\n"])
def test_a_namespace_that_could_leave_its_slot_is_refused(namespace: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        Keys(namespace)


def test_a_word_is_kept_for_its_lease_its_error_ttl_and_a_margin() -> None:
    said = record("w1", lease_ms=1000, heartbeat_ms=500, error_ttl_ms=2000)
    _, arguments = write_arguments(Keys("n"), said, 7, b"{}", sharded=False)
    assert arguments[:6] == ["agent-status:{n}:events", "w1", 7, 18_000, b"{}", "PUBLISH"]


def test_on_a_cluster_the_word_stays_on_its_shard() -> None:
    _, arguments = write_arguments(Keys("n"), record(), 1, b"{}", sharded=True)
    assert arguments[5] == "SPUBLISH"


def test_a_first_report_names_all_runs_and_all_questions() -> None:
    said = record(
        "w1", session("a", run_ms=9), session("b", "waiting_for_user", changed_ms=3, run_ms=9), ended=(ended("c", 5),)
    )
    keys, arguments = write_arguments(Keys("n"), said, 7, b"{}", sharded=False, drafted_at=50.0)
    assert keys[2] == "agent-status:{n}:runs"
    assert arguments[6:] == ["", 0, 0, 3, "a", 9, "b", 9, "c", 5, "b", 3]


def test_a_report_after_one_that_is_remembered_names_what_has_begun_since_and_all_questions() -> None:
    waiting = session("b", "waiting_for_user", changed_ms=4_000, run_ms=9_000)
    said = record("w1", session("a", run_ms=2_000), waiting, session("d", run_ms=2_100), ended=(ended("c", 500),))
    _, arguments = write_arguments(Keys("n"), said, 7, b"{}", sharded=False, drafted_at=50.0, remembered=REMEMBERED)
    assert arguments[6:] == ["m", 6, 1_002_000, 2, "a", 2_000, "c", 500, "b", 4_000]


def test_a_report_that_names_all_again_says_how_late_it_must_be_by_rediss_clock() -> None:
    said = record("w1", session("a", run_ms=3_000_000))
    _, arguments = write_arguments(
        *(Keys("n"), said, 7, b"{}"), sharded=False, drafted_at=1049.0, remembered=REMEMBERED, names_all=True
    )
    assert arguments[6:] == ["m", "", 1_999_000, 1, "a", 3_000_000]


def test_an_answer_of_the_script_is_read_whether_or_not_the_client_decodes_it() -> None:
    expected = Remembered(memory="m", seq=7, at_ms=5, drafted_at=1.5, answered_at=1.6)
    assert remembered_by([1, b"5", b"", b"m"], 7, 1.5, 1.6) == expected
    assert remembered_by([1, "5", "", "m"], 7, 1.5, 1.6) == expected
    assert answered_keys([2, "web:ü".encode(), "b"]) == ("web:ü", "b")


def test_a_message_is_split_at_its_first_three_spaces() -> None:
    raw = decode_message(b"w1 7 1800000000000 " + ENCODED)
    assert (raw.worker_id, raw.seq, raw.at_ms, raw.record) == ("w1", 7, 1_800_000_000_000, ENCODED)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "header"),
        (b"w1 7", "header"),
        (b"w1 x 5 {}", "header"),
        (b"w1 -7 5 {}", "header"),
        (b"w1 7 5.0 {}", "header"),
        (b"w1 99999999999999999999 5 {}", "header"),
        (b"\xff\xff 7 5 {}", "header"),
        (b"w" * 201 + b" 7 5 {}", "header"),
        (b"w1 7 5 " + b"x" * MAX_REPORT_BYTES, "size"),
    ],
)
def test_a_message_with_a_broken_header_is_refused_with_its_reason(message: bytes, reason: str) -> None:
    with pytest.raises(MalformedReportError) as caught:
        decode_message(message)
    assert caught.value.reason == reason


def test_a_record_that_names_another_worker_than_its_header_does_not_count() -> None:
    with pytest.raises(MalformedReportError) as caught:
        decode_message(b"w2 7 1800000000000 " + ENCODED).decode()
    assert caught.value.reason == "identity"


def test_a_report_is_parsed_by_its_workers_last_one() -> None:
    long = encode_record(record("w1", *[session(f"web:{number}", title="x" * 99) for number in range(40)]))
    first = decode_message(b"w1 7 1800000000000 " + long).decode()
    second = decode_message(b"w1 8 1800000005000 " + long).decode(first.record)
    assert (second.seq, second.record) == (8, first.record)
    assert len(second.record.texts) == 40
