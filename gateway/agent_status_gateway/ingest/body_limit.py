"""What a stranger may send: only so much. Pure ASGI, before anything reads the body."""

from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""A hook carries its tool's whole result; of a larger one its CLI is told, and goes on."""


class BodyLimit:
    """Refuses a body over `MAX_BODY_BYTES` with 413, by its announced length or as soon as it has come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
            await _refuse(scope, receive, send)
            return
        parts: list[bytes] = []
        length = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client has gone
            parts.append(message.get("body", b""))
            length += len(parts[-1])
            if length > MAX_BODY_BYTES:
                await _refuse(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        whole: Message = {"type": "http.request", "body": b"".join(parts), "more_body": False}

        async def again() -> Message:
            nonlocal whole
            if whole["type"] == "http.request":
                message, whole = whole, {"type": "http.disconnect"}
                return message
            return await receive()

        await self._app(scope, again, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    said = f"a body of at most {MAX_BODY_BYTES} bytes is wanted"
    await JSONResponse({"detail": said}, 413, headers={"Connection": "close"})(scope, receive, send)
