"""The address of a gateway, and the header of the key."""

import pytest

from agent_status_gateway.cli.reading.address import key_headers, parse_address, web_fault
from agent_status_gateway.cli.reading.problems import ReaderError


def test_a_name_and_a_password_are_used_and_not_shown() -> None:
    assert parse_address("https://user:hush@host/board/") == ("https://host/board", "https://user:hush@host/board")


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "HTTPS://status.example.org:65535/board/",
        "http://127.0.0.1:1",
        "http://[::1]:80/",
        "http://[fe80::1%25eth0]/",
        "http://bücher.example/",
        "https://me:hush@host/path?x=1",
        "http://host:/",
        "http://my_host.local./",
    ],
)
def test_an_address_of_the_web_has_no_fault(url: str) -> None:
    assert web_fault(url) is None


@pytest.mark.parametrize(
    ("fault", "urls"),
    [
        (
            "must have a port between 1 and 65535",
            ("http://h:99999/", "http://h:0", "http://h:-1", "http://h:x", "http://h:1:2"),
        ),
        (
            "must have a host",
            ("http://", "http:///x", "http://h@/", "http://[::1", "http://..", "http://h%20x/", "http://h\\x/"),
        ),
        ("must begin with http:// or https://", ("", "ftp://h", "//h", "h:80", "javascript:alert(1)", "redis://h")),
        (
            "must not have spaces or control characters",
            ("http://a b/", "http://h/a b", " http://h", "http://h\n", "http://h\0", "http://h/\u202e"),
        ),
    ],
)
def test_what_keeps_a_text_from_being_an_address_of_the_web_is_said(fault: str, urls: tuple[str, ...]) -> None:
    assert {url: web_fault(url) for url in urls} == dict.fromkeys(urls, fault)


def test_a_password_in_a_wrong_address_is_not_repeated() -> None:
    with pytest.raises(ReaderError, match="must have a port between 1 and 65535") as error:
        parse_address("http://me:hush@host:99999")
    assert "hush" not in str(error.value)


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
