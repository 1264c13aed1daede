"""The body of a request for a ticket: everything in it is understood, or it is an error."""

from typing import Any

import orjson
import pytest

from agent_status_gateway.access.keys.ticket_request import MAX_TICKET_SECONDS, TicketRequest, parse_ticket_request
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.view import WHOLE, View


def parse(body: Any) -> TicketRequest:
    return parse_ticket_request(body if isinstance(body, bytes) else orjson.dumps(body))


def test_a_body_narrows_and_sets_the_seconds() -> None:
    body = {"session": ["web:42"], "channel": ["web", "ci"], "parent": ["ci:7"], "label": ["team:web"], "seconds": 60}
    assert parse(body) == TicketRequest(
        View(
            channel=frozenset({"web", "ci"}),
            session=frozenset({"web:42"}),
            parent=frozenset({"ci:7"}),
            label=frozenset({"team:web"}),
        ),
        60,
    )
    assert parse({"session": ["web:a,b"]}).scope == View(session=frozenset({"web:a,b"}))
    assert parse({}) == TicketRequest(WHOLE, None)
    assert parse({"seconds": 1}).seconds == 1
    assert parse({"seconds": MAX_TICKET_SECONDS}).seconds == 2_678_400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"session": []}, "session"),
        ({"session": "web:42"}, "session"),
        ({"session": [""]}, "session"),
        ({"session": [1]}, "session"),
        ({"session": [["web:42"]]}, "session"),
        ({"session": None}, "session"),
        ({"session": {"web:42": 1}}, "session"),
        ({"channel": ["web,ci"]}, "channel"),
        ({"channel": ["a:b"]}, "channel"),
        ({"label": ["team"]}, "label"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": MAX_TICKET_SECONDS + 1}, "seconds"),
        ({"seconds": 60.0}, "seconds"),
        ({"seconds": "60"}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"seconds": None}, "seconds"),
        ({"state": ["error"]}, ""),
        ({"sessions": ["web:42"]}, ""),
        ({"session": ["web:42"], "expires_in": 60}, ""),
        ({"session": ["x" * 500 + str(number) for number in range(5)]}, ""),
        (b'{"session": ["\\ud800"]}', "session"),
        (b'{"session": ["web:1"], "session": ["web:1", "web:2"]}', ""),
        (b"", ""),
        (b" ", ""),
        (b"null", ""),
        (b"[]", ""),
        (b'"session"', ""),
        (b"session=web:42", ""),
        (b'{"session": ["web:42"]', ""),
        (b'{"seconds": NaN}', "seconds"),
        (b'{"seconds": 1e400}', "seconds"),
        (b'{"seconds": ' + b"9" * 5000 + b"}", ""),
        (b'\xff{"seconds": 1}', ""),
        (b'{"seconds": 1}' + b" " * 16_384, ""),
    ],
)
def test_anything_that_is_not_understood_is_an_error(body: Any, field: str) -> None:
    with pytest.raises(WrongFieldError) as caught:
        parse(body)
    assert caught.value.field == field


def test_a_body_of_many_brackets_is_an_error() -> None:
    with pytest.raises(WrongFieldError) as caught:
        parse(b'{"session": ' + b"[" * 8000 + b"]" * 8000 + b"}")
    assert caught.value.field in {"", "session"}, "newer Pythons parse it"
