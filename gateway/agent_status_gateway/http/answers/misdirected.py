"""The answer to a request under a name that is not this gateway's: 421, with the name and the setting.

RFC 9110, 15.5.20: 421 says that this server does not answer for the request's host.
"""

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_status_gateway.access.hosts import Hosts


def misdirected(reason: str) -> Response:
    """Make the answer."""
    return JSONResponse({"detail": reason}, 421)


class HostCheck:
    """Middleware that refuses a request whose host is not allowed. The stream checks by itself."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an ASGI app."""
        reason = self._hosts.refusal(scope) if scope["type"] == "http" else None
        await (self._app if reason is None else misdirected(reason))(scope, receive, send)
