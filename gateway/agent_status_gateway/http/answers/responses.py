"""Responses that FastAPI does not have: one that an ASGI app gives, and one whose body comes in pieces."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from agent_status_gateway.http.asgi_transport import body


class Raw(Response):
    """Response that an ASGI app gives."""

    def __init__(self, app: ASGIApp) -> None:
        self.status_code = 200
        self.background = None
        self._app = app

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class Pieces(Response):
    """Response whose body comes in pieces of known length, so that a long one is never copied as a whole."""

    def __init__(self, pieces: Sequence[bytes], *, media_type: str, headers: dict[str, str]) -> None:
        length = sum(map(len, pieces))
        super().__init__(media_type=media_type, headers=headers | {"Content-Length": str(length)})
        self._pieces = pieces

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self._pieces:
            await send(body(piece))
        await send(body(b"", last=True))
