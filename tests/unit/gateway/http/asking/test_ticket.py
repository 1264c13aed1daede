"""What a request for a ticket asks for, read with a bound."""

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from agent_status_gateway.access.keys.ticket_request import MAX_BODY_BYTES, TicketRequest
from agent_status_gateway.http.asking.ticket import PLAIN, ticket_asked_by
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.view import View


def asked(*parts: bytes, query: bytes = b"") -> TicketRequest:
    waiting = list(parts)

    async def receive() -> Message:
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    request = Request({"type": "http", "method": "POST", "headers": [], "query_string": query}, receive)
    return asyncio.run(ticket_asked_by(request))


def test_without_a_body_a_ticket_is_for_all_that_its_key_may_see() -> None:
    assert asked(b"") == PLAIN
    assert asked(b"", query=b"key=geheim&x=1") == PLAIN


def test_a_body_may_come_in_parts() -> None:
    assert asked(b'{"session": ["we', b'b:1"]}') == TicketRequest(View(session=frozenset({"web:1"})), None)


def test_a_body_that_is_too_long_is_not_read_to_its_end() -> None:
    with pytest.raises(WrongFieldError, match="JSON object of at most"):
        asked(b"{", *[b" " * MAX_BODY_BYTES] * 3, b"}")


@pytest.mark.parametrize("query", [b"session=web:1", b"channel=web", b"seconds=60", b"parent=", b"key=x&label=a:b"])
def test_who_narrows_in_the_query_is_not_given_a_ticket_for_all(query: bytes) -> None:
    with pytest.raises(WrongFieldError, match="in the JSON body, not in the query"):
        asked(b"", query=query)


def test_a_client_that_leaves_in_the_middle_of_its_body_gets_no_ticket_and_no_traceback() -> None:
    parts: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return parts.pop(0)

    request = Request({"type": "http", "method": "POST", "headers": [], "query_string": b""}, receive)
    with pytest.raises(WrongFieldError):
        asyncio.run(ticket_asked_by(request))
