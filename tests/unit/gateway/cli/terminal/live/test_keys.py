"""The bytes of a terminal as keys."""

import pytest

from agent_status_gateway.cli.terminal.live.keys import MAX_SEQUENCE, Key, KeyDecoder


def keys(*pieces: bytes) -> list[str]:
    decoder = KeyDecoder()
    return [key for piece in pieces for key in decoder.feed(piece)] + decoder.end()


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        (b"\x1b[A", Key.UP),
        (b"\x1bOA", Key.UP),
        (b"\x1b[1;5B", Key.DOWN),
        (b"\x1b[5~", Key.PAGE_UP),
        (b"\x1b[6~", Key.PAGE_DOWN),
        (b"\x1b[6;2~", Key.PAGE_DOWN),
        (b"\x1b[H", Key.HOME),
        (b"\x1bOF", Key.END),
        (b"\x1b[1~", Key.HOME),
        (b"\x1b[4~", Key.END),
        (b"\r", Key.ENTER),
        (b"\n", Key.ENTER),
        (b"\x7f", Key.BACKSPACE),
        (b"\x15", Key.CLEAR_LINE),
        (b"\x0c", Key.REDRAW),
        (b"q", "q"),
        ("é".encode(), "é"),
        ("界".encode(), "界"),
    ],
)
def test_a_key_is_known_whole_and_byte_by_byte(sent: bytes, key: str) -> None:
    assert keys(sent) == [key]
    assert keys(*(bytes([byte]) for byte in sent)) == [key]


def test_an_escape_is_one_if_nothing_more_comes_or_no_sequence_does() -> None:
    decoder = KeyDecoder()
    begun = decoder.feed(b"\x1b"), decoder.is_in_sequence
    assert begun == ([], True)
    ended = decoder.end(), decoder.is_in_sequence
    assert ended == ([Key.ESCAPE], False)
    assert keys(b"\x1bq") == [Key.ESCAPE, "q"]
    assert keys(b"\x1b\x1b[A") == [Key.ESCAPE, Key.UP]


@pytest.mark.parametrize("sent", [b"\x1b[3~", b"\x1b[Z", b"\x1bOP", b"\x1b[15~", b"\x1b[?1;2c", b"\x1b[<0;1;1M"])
def test_a_sequence_that_nobody_knows_is_left_out_whole(sent: bytes) -> None:
    assert keys(sent + b"j") == ["j"]


def test_a_sequence_without_an_end_is_not_kept_for_ever() -> None:
    decoder = KeyDecoder()
    decoder.feed(b"\x1b[" + b"1" * MAX_SEQUENCE)
    assert not decoder.is_in_sequence


def test_what_is_not_utf8_is_a_replacement_and_no_error() -> None:
    assert keys(b"\xff\xfej") == ["\ufffd", "\ufffd", "j"]
