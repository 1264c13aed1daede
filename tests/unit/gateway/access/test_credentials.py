"""Where a request carries its key."""

import logging
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from agent_status_gateway.access.credentials import DropKeys, fields_of, given_keys, given_ticket, has_key

KEY = SecretStr("geheim-ü")


def request(query: bytes = b"", *headers: tuple[bytes, bytes]) -> dict[str, object]:
    return {"headers": list(headers), "query_string": query}


@pytest.mark.parametrize(
    "scope",
    [
        request(b"", (b"x-status-key", "geheim-ü".encode())),
        request(b"key=geheim-%C3%BC"),
        request(b"a=b&key=geheim-%C3%BC"),
        request(b"%6Bey=geheim-%C3%BC"),
        request(b"key=wrong", (b"x-status-key", "geheim-ü".encode())),
        request(b"key=geheim-%C3%BC", (b"x-status-key", b"wrong")),
    ],
)
def test_the_key_is_found_in_either_place(scope: dict[str, object]) -> None:
    assert has_key(scope, KEY)


@pytest.mark.parametrize(
    "scope",
    [
        request(),
        request(b"key="),
        request(b"key"),
        request(b"KEY=geheim-%C3%BC"),
        request(b"key=geheim"),
        request(b"key=geheim-%C3%BC%20"),
        request(b"key=\xff\xfe"),
        request(b"", (b"x-status-key", b"")),
        request(b"", (b"authorization", "geheim-ü".encode())),
    ],
)
def test_anything_else_is_not_the_key(scope: dict[str, object]) -> None:
    assert not has_key(scope, KEY)


@pytest.mark.parametrize("place", ["header", "query", "both"])
def test_eight_keys_are_looked_at_and_none_of_nine(place: str) -> None:
    def given(number: int) -> list[bytes]:
        in_header = {"header": number, "query": 0, "both": 4}[place]
        query = "&".join(["key=guess"] * (number - in_header - 1) + ["key=geheim-%C3%BC"] * (in_header < number))
        headers = [(b"x-status-key", b"guess")] * in_header
        if in_header == number:
            headers[-1] = (b"x-status-key", "geheim-ü".encode())
        return given_keys(request(query.encode(), *headers))

    assert len(given(8)) == 8
    assert "geheim-ü".encode() in given(8)
    assert given(9) == []


def test_a_key_behind_a_hundred_fields_of_a_query_is_not_looked_for() -> None:
    assert has_key(request(b"a&" * 99 + b"key=geheim-%C3%BC"), KEY)
    assert not has_key(request(b"a&" * 100 + b"key=geheim-%C3%BC"), KEY)


def test_the_first_ticket_of_a_query_is_the_one_that_counts() -> None:
    assert given_ticket(request(b"a=b&ticket=1.x.y&ticket=2")) == "1.x.y"
    assert given_ticket(request(b"%74icket=%31.x.y")) == "1.x.y"
    assert given_ticket(request(b"ticket=%FF")) == "\xff", "a ticket that nobody signed is no error"
    assert given_ticket(request(b"ticket")) == ""
    assert given_ticket(request(b"tickets=1")) is None
    assert given_ticket(request(b"", (b"ticket", b"1.x.y"))) is None
    assert given_ticket(request(b"a&" * 100 + b"ticket=1.x.y")) is None


def test_a_query_is_searched_once_for_each_request() -> None:
    scope = request(b"key=geheim-%C3%BC&ticket=1.x.y")
    assert has_key(scope, KEY)
    scope["query_string"] = b"key=wrong&ticket=wrong"
    assert has_key(scope, KEY)
    assert given_ticket(scope) == "1.x.y"


@given(st.text("key=&%+%6B;", max_size=40))
def test_a_query_is_read_as_the_standard_library_reads_it(query: str) -> None:
    truth = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
    assert [*fields_of(query.encode())] == [(name.encode("latin-1"), value.encode("latin-1")) for name, value in truth]


@pytest.mark.parametrize("path", ["/api/v1/agent/status", "*", "", "status", "http://[::1]/"])
def test_an_access_line_shows_no_query(path: str) -> None:
    record = logging.LogRecord("uvicorn.access", 20, "", 1, '%s - "%s %s HTTP/%s" %d', None, None)
    record.args = ("127.0.0.1:5", "GET", f"{path}?key=geheim", "1.1", 200)
    assert DropKeys().filter(record)
    assert record.getMessage() == f'127.0.0.1:5 - "GET {path} HTTP/1.1" 200'
