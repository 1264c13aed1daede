"""Who the client is, if a proxy that uvicorn trusts has said so.

uvicorn's own middleware finds it out when the app is called, which is too late for a connection that answers by itself,
and for refusals that never reach the app. So it is asked as soon as a head is whole. That uvicorn asks it again changes
nothing: whom it found is not a proxy that it trusts, or is the answer to the same question.
"""

from functools import lru_cache

from starlette.types import Scope
from uvicorn import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from agent_status_gateway.fanout.address import client_of
from agent_status_gateway.tasks import run_at_once


def settle_client(scope: Scope, config: Config) -> None:
    """Put the client in the proxy's place, if there is a proxy and its word counts."""
    if config.proxy_headers and any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
        trusted = config.forwarded_allow_ips
        middleware = _middleware(trusted if isinstance(trusted, str) else tuple(trusted))
        run_at_once(middleware(scope, _nothing, _nothing))  # type: ignore[arg-type]
        scope["client"] = client_of(scope)  # uvicorn would log any text


@lru_cache(maxsize=8)
def _middleware(trusted: str | tuple[str, ...]) -> ProxyHeadersMiddleware:
    """Made once: it reads addresses and networks, and remembers whom it trusts."""
    return ProxyHeadersMiddleware(_nothing, trusted_hosts=trusted if isinstance(trusted, str) else list(trusted))


async def _nothing(*_: object) -> None:
    """An app and its channels that do nothing: the middleware works on the scope."""
