"""What the read script is given, and what is made of its answers."""

from typing import Any

import pytest

from agent_status_publisher.contract.reading import NAMED, Pieces, decode_reading, read_arguments
from agent_status_publisher.contract.wire import Keys, MalformedReportError, Stamp, encode_record
from chaos.workers.reports import record, session

KEYS = Keys("n")
ENCODED = encode_record(record("w1", session()))
AT = 1_800_000_000_000
CLOCK = str(AT).encode()


def row(worker_id: str, seq: int = 1) -> list[bytes]:
    return [worker_id.encode(), str(seq).encode(), CLOCK, encode_record(record(worker_id))]


def test_a_call_of_a_reader_that_knows_nothing_names_nobody() -> None:
    keys, arguments = read_arguments(KEYS, max_workers=5, max_bytes=9)
    assert keys == ["agent-status:{n}:workers"]
    assert arguments == ["agent-status:{n}:worker:", 5, 9, "ALL"]


def test_a_call_names_workers_with_the_number_and_moment_of_the_known_report() -> None:
    _, arguments = read_arguments(KEYS, [("w1", Stamp(7, AT)), (b"w2", None)], of=NAMED)
    assert arguments[3:] == ["NAMED", "w1", f"7 {AT}", b"w2", ""]


def test_what_an_answer_does_not_name_is_the_same() -> None:
    known = {name: Stamp(1, AT) for name in ("same", "newer", "gone", "left", "ü")}
    reply = [CLOCK, [b"left", b"other"], row("newer", 2), [b"gone"], row("newcomer")]
    reading = decode_reading(reply, known)
    assert reading.time_ms == AT
    assert reading.same == {"same": Stamp(1, AT), "ü": Stamp(1, AT)}
    assert [(raw.worker_id, raw.seq) for raw in reading.reports] == [("newer", 2), ("newcomer", 1)]
    assert reading.left == (b"left", b"other")


def test_one_broken_hash_does_not_hide_the_others() -> None:
    known = {"w2": Stamp(1, AT)}
    reply = [CLOCK, [], [b"w1", b"1", CLOCK, ENCODED], [b"w2", b"one", CLOCK, b"{}"], [b"\xff", b"1", CLOCK, b"{}"]]
    reading = decode_reading(reply, known)
    assert [raw.worker_id for raw in reading.reports] == ["w1"]
    assert [error.reason for error in reading.malformed] == ["header", "header"]
    assert reading.same == {}


def test_a_client_that_decodes_responses_is_read_just_the_same() -> None:
    known = {"w2": Stamp(1, AT), "w3": Stamp(1, AT)}
    reply = [str(AT), ["w2"], ["w1", "1", str(AT), ENCODED.decode()], ["w3"]]
    reading = decode_reading(reply, known)
    assert reading.reports[0].decode().record.id == "w1"
    assert (reading.left, reading.same) == ((b"w2",), {})


@pytest.mark.parametrize("reply", [[], [CLOCK]])
def test_an_answer_without_a_clock_is_not_a_reading(reply: list[Any]) -> None:
    with pytest.raises(MalformedReportError):
        decode_reading(reply)


def test_a_small_fleet_is_read_by_one_call() -> None:
    pieces = Pieces(KEYS, {"w1": Stamp(7, AT)})
    assert pieces.next_call()[1][3:] == ["ALL", "w1", f"7 {AT}"]
    pieces.take([CLOCK, []])
    assert pieces.is_whole
    assert pieces.reading().same == {"w1": Stamp(7, AT)}


# reading: Rule 3
def test_those_who_are_left_are_named_in_further_calls_of_bounded_size() -> None:
    pieces = Pieces(KEYS, {name: Stamp(1, AT) for name in ("w1", "w2", "w3")}, max_workers=2, max_bytes=9)
    assert pieces.next_call()[1][1:] == [0, 9, "ALL"], "they are too many to be named at once"
    pieces.take([CLOCK, [b"w1", b"w2", b"w3", b"\xff", b"w4"]])
    assert pieces.next_call()[1][2:] == [9, "NAMED", b"w1", f"1 {AT}", b"w2", f"1 {AT}"]
    pieces.take([str(AT + 1).encode(), [], row("w1", 2)])
    assert pieces.next_call()[1][2:] == [9, "NAMED", b"w3", f"1 {AT}", b"\xff", ""]
    pieces.take([str(AT + 5).encode(), [b"\xff"]])
    assert pieces.next_call()[1][3:] == ["NAMED", b"w4", "", b"\xff", ""]
    pieces.take([str(AT + 9).encode(), [], row("w4"), [b"\xff", b"1", CLOCK, b"{}"]])
    assert pieces.is_whole
    reading = pieces.reading()
    assert [raw.worker_id for raw in reading.reports] == ["w1", "w4"]
    assert reading.same == {"w2": Stamp(1, AT), "w3": Stamp(1, AT)}
    assert [error.reason for error in reading.malformed] == ["header"]
    assert reading.time_ms == AT, "as old as its first piece"


def test_a_known_worker_that_no_call_has_named_since_the_index_has_it_no_more_is_gone() -> None:
    pieces = Pieces(KEYS, {name: Stamp(1, AT) for name in ("w1", "w2")}, max_workers=1)
    pieces.next_call()
    pieces.take([CLOCK, [b"w1"]])
    pieces.next_call()
    pieces.take([CLOCK, []])
    assert pieces.is_whole
    assert pieces.reading().same == {"w1": Stamp(1, AT)}


def test_what_a_short_fleet_leaves_for_its_length_is_named_again_with_what_is_known() -> None:
    pieces = Pieces(KEYS, {name: Stamp(1, AT) for name in ("w1", "w2")}, max_workers=2)
    pieces.next_call()
    pieces.take([CLOCK, [b"w1"]])
    assert pieces.next_call()[1][3:] == ["NAMED", b"w1", f"1 {AT}"]
    pieces.take([CLOCK, [], row("w1", 2)])
    assert pieces.reading().same == {"w2": Stamp(1, AT)}
