"""Where a request carries its key (`X-Status-Key` or `?key=`) or, for the stream, its ticket (`?ticket=`)."""

import hashlib
import hmac
import logging
import math
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader, APIKeyQuery
from pydantic import SecretStr
from starlette.types import Scope
from typing_extensions import override

from agent_status_gateway.access.guests import LET_IN
from agent_status_gateway.fanout.address import client_of, counted_as

MAX_GIVEN_KEYS: Final = 8
"""The most keys that a request may carry, in all places together. None of more is looked at."""
MAX_QUERY_FIELDS: Final = 100
"""The most fields of a query in which a key or ticket is looked for, as many as a request may have headers."""
REFUSAL: Final = "Invalid or missing status API key"
_in_header = APIKeyHeader(name="X-Status-Key", auto_error=False, description="The key, if the operator has set one.")
_in_query = APIKeyQuery(name="key", auto_error=False, description="The key, from clients that cannot set headers.")


async def ask_in_measure(request: Request) -> None:
    """Let the request pass unless its address has sent too many.

    Raises:
        HTTPException: 429, with the seconds after which to retry.
    """
    address = counted_as(client_of(request.scope)[0])
    seconds: float = request.app.replica.rate.seconds_until_next(address)
    if seconds:
        raise HTTPException(429, "too many requests from this address", {"Retry-After": str(math.ceil(seconds))})


async def require_key(
    request: Request,
    in_header: Annotated[str | None, Security(_in_header)],  # noqa: ARG001 - for the OpenAPI document
    in_query: Annotated[str | None, Security(_in_query)],  # noqa: ARG001 - as above
) -> str:
    """Let the request pass if its key is right or none is required; return the key's name.

    Raises:
        HTTPException: 403.
    """
    access = request.app.replica.access
    name: str | None = access.name_of(request.scope)
    if name is None:
        raise HTTPException(403, REFUSAL)
    access.uses[name] += 1
    if access.asks_for_key:
        request.scope[LET_IN] = True
    return name


def given_keys(scope: Scope) -> list[bytes]:
    """List the keys that a request carries, in either place; none if they are more than `MAX_GIVEN_KEYS`."""
    given = [value for name, value in scope["headers"] if name == b"x-status-key"]
    given += [value.encode("latin-1") for value in _in_the_query(scope, "key")]
    return given if len(given) <= MAX_GIVEN_KEYS else []


def given_ticket(scope: Scope) -> str | None:
    """Find the ticket that a request carries; only in the query, since tickets are for browsers' streams."""
    return next(iter(_in_the_query(scope, "ticket")), None)


def has_key(scope: Scope, key: SecretStr) -> bool:
    """Test whether a request carries this key; compared as bytes, in constant time for any length."""
    expected = hashlib.sha256(key.get_secret_value().encode()).digest()
    matches = [hmac.compare_digest(hashlib.sha256(value).digest(), expected) for value in given_keys(scope)]
    return any(matches)


def _in_the_query(scope: Scope, parameter: str) -> list[str]:
    query: bytes = scope["query_string"]
    if not query or query.count(b"&") >= MAX_QUERY_FIELDS:
        return []
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return [value for name, value in pairs if name == parameter]


class DropKeys(logging.Filter):
    """Filter that drops the query from uvicorn's lines about requests and WebSockets: a key may be in it."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            # Whatever it begins with: a target can also be `*?key=…`.
            record.args = tuple(value.partition("?")[0] if isinstance(value, str) else value for value in record.args)
        return True
