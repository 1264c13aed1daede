"""Answers to requests that were held on a connection: what their routes answer, without FastAPI's part of it.

Its routing and dependencies take four times as long as the rest. A change may be news for thousands of held requests at
once, and what a route asks first was asked before the hold: only what may have changed since then is asked again.
"""

from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from agent_status_gateway.access.credentials import require_key
from agent_status_gateway.http.answers.misdirected import misdirected
from agent_status_gateway.http.asking.request_head import header, path_below_root
from agent_status_gateway.http.cors import cors_options
from agent_status_gateway.http.endpoints.status import answer_with_view
from agent_status_gateway.http.polls import HELD, PARTS
from agent_status_gateway.replica import Replica


class HeldAnswers:
    """ASGI app, with CORS, for requests that were held before it is called; `app` is the one with the routes."""

    def __init__(self, app: FastAPI, replica: Replica) -> None:
        self._app = app
        self._replica = replica
        self._with_cors = CORSMiddleware(self._answer, **cors_options(replica.settings))

    def is_for(self, scope: Scope) -> bool:
        """Test whether a request was held before, without its route."""
        return HELD in scope and path_below_root(scope) in PARTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an ASGI app."""
        await self._with_cors(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self._app
        response = await self._response(Request(scope, receive, send))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        scope = request.scope
        if (reason := self._replica.hosts.refusal(scope)) is not None:
            return misdirected(reason)
        encodings, tags = header(scope, b"accept-encoding"), header(scope, b"if-none-match")
        try:
            await require_key(request, None, None)
            return await answer_with_view(request, self._replica, PARTS[path_below_root(scope)], encodings, [tags])
        except HTTPException as error:
            return JSONResponse({"detail": error.detail}, error.status_code)
