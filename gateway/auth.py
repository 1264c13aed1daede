"""Who may read: a key in `X-Status-Key` or `?key=`, if the operator has set one."""

import hashlib
import hmac
import logging
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request, Security
from fastapi.security import APIKeyHeader, APIKeyQuery
from pydantic import SecretStr
from starlette.types import Scope

REFUSAL: Final = "Invalid or missing status API key"
_in_header = APIKeyHeader(name="X-Status-Key", auto_error=False, description="The key, if the operator has set one.")
_in_query = APIKeyQuery(name="key", auto_error=False, description="The same, for clients that cannot set headers.")


async def require_key(
    request: Request,
    in_header: Annotated[str | None, Security(_in_header)],  # noqa: ARG001 - for the OpenAPI document
    in_query: Annotated[str | None, Security(_in_query)],  # noqa: ARG001 - as above
) -> None:
    """Let the request pass if its key is right or none is asked for.

    Raises:
        HTTPException: 403, before anything else is said.
    """
    key: SecretStr | None = request.app.replica.settings.api_key
    if key is not None and not has_key(request.scope, key):
        raise HTTPException(403, REFUSAL)


def has_key(scope: Scope, key: SecretStr) -> bool:
    """Whether a request names the key, in either place; compared as bytes, in constant time whatever the length."""
    wanted = _digest(key.get_secret_value().encode())
    given = [value for name, value in scope["headers"] if name == b"x-status-key"]
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    given += [value.encode("latin-1") for name, value in query if name == "key"]
    matches = [hmac.compare_digest(_digest(value), wanted) for value in given]  # every one, whichever matches
    return any(matches)


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


class KeysOut(logging.Filter):
    """Drops the query from uvicorn's lines about requests, WebSocket attempts included: a key may be in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the line, never withhold it."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                value.partition("?")[0] if isinstance(value, str) and value.startswith("/") else value
                for value in record.args
            )
        return True
