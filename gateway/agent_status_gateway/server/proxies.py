"""The client's address, from the header of a proxy that uvicorn trusts.

uvicorn's own middleware reads that header when the app is called. That is too late for a connection that answers by
itself, and for refusals that never reach the app, so the middleware runs here as soon as a head is complete. uvicorn
runs it again later, which changes nothing: the address found is not a trusted proxy, or is the result of the same test.
"""

from functools import lru_cache

from starlette.types import Scope
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from agent_status_gateway.fanout.address import client_of
from agent_status_gateway.tasks import run_at_once


def resolve_client(scope: Scope, config: Config) -> None:
    """Replace a trusted proxy's address in the scope by that of its client."""
    if config.proxy_headers and any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
        trusted = config.forwarded_allow_ips
        middleware = _middleware(trusted if isinstance(trusted, str) else tuple(trusted))
        run_at_once(middleware(scope, _nothing, _nothing))  # type: ignore[arg-type]
        scope["client"] = client_of(scope)  # uvicorn would log any text that a proxy passes on


@lru_cache(maxsize=8)
def _middleware(trusted: str | tuple[str, ...]) -> ProxyHeadersMiddleware:
    """Make the middleware once for each setting: it parses addresses and networks."""
    return ProxyHeadersMiddleware(_nothing, trusted_hosts=trusted if isinstance(trusted, str) else list(trusted))


async def _nothing(*_: object) -> None:
    """Do nothing, as an app and its channels: the middleware only changes the scope."""
