"""The limits on request bodies: a maximum for each and for all together, and none at all from a stranger.

Pure ASGI, before anything reads the body.
"""

from collections.abc import Callable
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Maximum bytes of a body. A hook carries its tool's whole result; a larger one is refused, and its CLI goes on."""
MAX_HELD_BYTES: Final = 128 * 1024 * 1024
"""Maximum bytes of all bodies that are held at once. Above it, bodies over `SMALL_BYTES` are refused."""
SMALL_BYTES: Final = 64 * 1024
"""Maximum bytes of a body that is read in any case, so that large bodies do not keep others out."""

EMPTY: Final[Message] = {"type": "http.request", "body": b"", "more_body": False}


class BodyLimit:
    """Middleware that refuses a body over `MAX_BODY_BYTES` with 413, by its announced length or as it arrives.

    Answers 503 when all bodies together exceed `MAX_HELD_BYTES`.

    Args:
        may_send: Check of the key. FastAPI reads a body before it checks one, so a refused client's is not read.
    """

    def __init__(self, app: ASGIApp, may_send: Callable[[Scope], bool]) -> None:
        self._app = app
        self._may_send = may_send
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not self._may_send(scope):
            await self._app(scope, _once(EMPTY, receive), send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
            await _refuse(scope, receive, send)
            return
        parts: list[bytes] = []
        length = 0
        try:
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return  # the client has gone
                parts.append(message.get("body", b""))
                length += len(parts[-1])
                self._held_bytes += len(parts[-1])
                if length > MAX_BODY_BYTES:
                    await _refuse(scope, receive, send)
                    return
                if length > SMALL_BYTES and self._held_bytes > MAX_HELD_BYTES:
                    await _put_off(scope, receive, send)
                    return
                if not message.get("more_body", False):
                    break
            whole: Message = {"type": "http.request", "body": b"".join(parts), "more_body": False}
            parts.clear()
            await self._app(scope, _once(whole, receive), send)
        finally:
            self._held_bytes -= length


def _once(message: Message, receive: Receive) -> Receive:
    """This message, and then what comes."""
    left = [message]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    detail = f"the body must be at most {MAX_BODY_BYTES} bytes"
    await JSONResponse({"detail": detail}, 413, headers={"Connection": "close"})(scope, receive, send)


async def _put_off(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Connection": "close", "Retry-After": "1"}
    await JSONResponse({"detail": "too many large bodies at once: send this one again"}, 503, headers)(
        scope, receive, send
    )
