"""The address of a gateway, and the header of the key."""

import pytest

from agent_status_gateway.cli.reading.address import key_headers, parse_address
from agent_status_gateway.cli.reading.problems import ReaderError


def test_a_name_and_a_password_are_used_and_not_shown() -> None:
    assert parse_address("https://user:hush@host/board/") == ("https://host/board", "https://user:hush@host/board")


@pytest.mark.parametrize("url", ["host:8000", "ftp://host", "http://host/?key=hush", "http://host/#part"])
def test_what_is_not_an_address_is_refused_with_one_that_is(url: str) -> None:
    with pytest.raises(ReaderError, match="http://localhost:8000") as error:
        parse_address(url)
    assert "hush" not in str(error.value)


def test_a_key_is_one_line_and_no_key_is_no_header() -> None:
    assert key_headers(" secret \n") == {b"X-Status-Key": b"secret"}
    assert key_headers(None) == key_headers(" ") == {}
    with pytest.raises(ReaderError, match="single line"):
        key_headers("one\ntwo")
