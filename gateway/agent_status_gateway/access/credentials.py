"""Where a request carries its key (`X-Status-Key` or `?key=`) or, where tickets are taken, its ticket (`?ticket=`)."""

import hashlib
import hmac
import logging
import math
from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import unquote_to_bytes

from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader, APIKeyQuery
from pydantic import SecretStr
from starlette.types import Scope
from typing_extensions import override

from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.access.rate_limit import Rate
from agent_status_gateway.fanout.address import client_of, counted_as

MAX_GIVEN_KEYS: Final = 8
"""The most keys that a request may carry, in all places together. None of more is looked at."""
MAX_QUERY_FIELDS: Final = 100
"""The most fields of a query in which a key or ticket is looked for, as many as a request may have headers."""
GIVEN: Final = "agent_status.given"
"""The key of a request's scope that holds the keys and tickets of its query, once they were looked for."""
IN_MEASURE: Final = "agent_status.in_measure"
"""The key of a request's scope that is set once the request is counted against its address's rate."""
REFUSAL: Final = "Invalid or missing status API key"
_in_header = APIKeyHeader(name="X-Status-Key", auto_error=False, description="The key, if the operator has set one.")
_in_query = APIKeyQuery(name="key", auto_error=False, description="The key, from clients that cannot set headers.")
_ticket_in_query = APIKeyQuery(
    name="ticket", scheme_name="Ticket", auto_error=False, description="A ticket, in place of the key."
)


async def ask_in_measure(request: Request) -> None:
    """Let the request pass unless its address has sent too many.

    Raises:
        HTTPException: 429, with the seconds after which to retry.
    """
    seconds = 0.0 if IN_MEASURE in request.scope else seconds_until_next(request.scope, request.app.replica.rate)
    if seconds:
        raise HTTPException(429, "too many requests from this address", {"Retry-After": str(math.ceil(seconds))})


def seconds_until_next(scope: Scope, rate: Rate) -> float:
    """Count a request against its address's rate, once; return the seconds after which to retry, 0 if it may pass."""
    seconds = rate.seconds_until_next(counted_as(client_of(scope)[0]))
    if not seconds:
        scope[IN_MEASURE] = True
    return seconds


async def require_key(
    request: Request,
    in_header: Annotated[str | None, Security(_in_header)],  # noqa: ARG001 - for the OpenAPI document
    in_query: Annotated[str | None, Security(_in_query)],  # noqa: ARG001 - as above
) -> Reader:
    """Let the request pass if its key is right or none is required; return its reader.

    Raises:
        HTTPException: 403.
    """
    return _let_in(request, reader_now(request))


async def require_key_or_ticket(
    request: Request,
    in_header: Annotated[str | None, Security(_in_header)],  # noqa: ARG001 - for the OpenAPI document
    in_query: Annotated[str | None, Security(_in_query)],  # noqa: ARG001 - as above
    ticket: Annotated[str | None, Security(_ticket_in_query)],  # noqa: ARG001 - as above
) -> Reader:
    """Let the request pass if its key or ticket is right or none is required; return its reader.

    Raises:
        HTTPException: 403.
    """
    return _let_in(request, streaming_reader_now(request))


def reader_now(request: Request) -> Reader:
    """Look up the reader of a request. After a wait, its key may have another scope, or may be removed.

    Raises:
        HTTPException: 403.
    """
    return _not_refused(request.app.replica.access.reader(request.scope))


def streaming_reader_now(request: Request) -> Reader:
    """Look up the reader of a request where tickets are taken, too. After a wait, a ticket may have expired.

    Raises:
        HTTPException: 403.
    """
    return _not_refused(request.app.replica.access.streaming_reader(request.scope))


def bearer_tokens(scope: Scope) -> list[bytes]:
    """List the tokens of `Authorization: Bearer` headers (RFC 6750, 2.1), which a scraper can send."""
    given = [value.partition(b" ") for name, value in scope["headers"] if name == b"authorization"]
    return [token.strip() for scheme, _, token in given if scheme.lower() == b"bearer"]


def given_keys(scope: Scope) -> list[bytes]:
    """List the keys that a request carries, in either place; none if they are more than `MAX_GIVEN_KEYS`."""
    given = [value for name, value in scope["headers"] if name == b"x-status-key"]
    given += _in_the_query(scope, b"key")
    return given if len(given) <= MAX_GIVEN_KEYS else []


def given_ticket(scope: Scope) -> str | None:
    """Find the ticket that a request carries; only in the query, since tickets are for what can send no header."""
    tickets = _in_the_query(scope, b"ticket")
    return tickets[0].decode("latin-1") if tickets else None


def has_key(scope: Scope, key: SecretStr) -> bool:
    """Test whether a request carries this key; compared as bytes, in constant time for any length."""
    expected = hashlib.sha256(key.get_secret_value().encode()).digest()
    matches = [hmac.compare_digest(hashlib.sha256(value).digest(), expected) for value in given_keys(scope)]
    return any(matches)


def fields_of(query: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The names and values of a query, decoded as browsers encode them: `%2B` is a byte in hex, and `+` is a space.

    A field without `=` has an empty value. A percent sign without two hex digits behind it stands for itself.
    """
    for field in query.split(b"&"):
        if field:
            name, _, value = field.partition(b"=")
            yield _decoded(name), _decoded(value)


def _let_in(request: Request, reader: Reader) -> Reader:
    access = request.app.replica.access
    access.uses[reader.key_name] += 1
    if access.asks_for_key:
        request.scope[LET_IN] = True
    return reader


def _not_refused(reader: Reader | None) -> Reader:
    if reader is None:
        raise HTTPException(403, REFUSAL)
    return reader


def _in_the_query(scope: Scope, parameter: bytes) -> list[bytes]:
    query: bytes = scope["query_string"]
    if not query or query.count(b"&") >= MAX_QUERY_FIELDS:
        return []
    # A stream is asked for its key and its ticket, before and after it is sure that there is room.
    given: list[tuple[bytes, bytes]] | None = scope.get(GIVEN)
    if given is None:
        given = scope[GIVEN] = [field for field in fields_of(query) if field[0] in (b"key", b"ticket")]
    return [value for name, value in given if name == parameter]


def _decoded(text: bytes) -> bytes:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text


class DropKeys(logging.Filter):
    """Filter that drops the query from uvicorn's lines about requests and WebSockets: a key may be in it."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            # Whatever it begins with: a target can also be `*?key=…`.
            record.args = tuple(value.partition("?")[0] if isinstance(value, str) else value for value in record.args)
        return True
