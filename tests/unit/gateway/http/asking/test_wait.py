"""How long a request may be held."""

import pytest

from agent_status_gateway.http.asking.wait import MAX_WAIT_SECONDS, seconds_to_wait
from agent_status_gateway.state.views.query import WrongFieldError, seconds_expected


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("", 0),
        ("channel=web", 0),
        ("wait=0", 0),
        ("wait=25", 25),
        ("wait=60", 60),
        ("wait=05", 5),
        ("channel=web&wait=7", 7),
        ("%77ait=%32", 2),
        ("waiting=x", 0),
    ],
)
def test_whole_seconds_up_to_a_minute_are_taken(query: str, seconds: int) -> None:
    assert seconds_to_wait({"query_string": query.encode()}) == seconds


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", ""),
        ("61", "61"),
        ("-1", "-1"),
        ("+5", " 5"),
        ("1.5", "1.5"),
        ("1e1", "1e1"),
        ("060", "060"),
        ("%D9%A5", "\u0665"),
        ("5%0A", "5\n"),
        ("5,6", "5,6"),
        ("x", "x"),
    ],
)
def test_anything_else_is_an_error_that_names_the_field(value: str, shown: str) -> None:
    with pytest.raises(WrongFieldError) as error:
        seconds_to_wait({"query_string": f"wait={value}".encode()})
    assert (error.value.field, error.value.value, error.value.expected) == (
        "wait",
        shown,
        seconds_expected(0, MAX_WAIT_SECONDS),
    )


@pytest.mark.parametrize("query", ["wait=5&wait=5", "wait=5&wait=6", "wait=&wait=5"])
def test_it_may_be_there_once(query: str) -> None:
    with pytest.raises(WrongFieldError, match="once"):
        seconds_to_wait({"query_string": query.encode()})


def test_what_is_not_utf_8_is_an_error() -> None:
    with pytest.raises(WrongFieldError, match="UTF-8"):
        seconds_to_wait({"query_string": b"wait=%ff"})
