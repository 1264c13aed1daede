"""Pure: answers that a gateway does not give, where a proxy or something else answers in its place."""

from typing import Final

import httpx

from agent_status_gateway.cli.doctor.finding import Finding, wrong
from agent_status_gateway.paths import READINESS_PATH

NOT_A_GATEWAY: Final = "check that --url is the address of a gateway"
KEY: Final = "set AGENT_STATUS_API_KEY or use --key-file"
OTHER_HOST: Final = (
    "set AGENT_STATUS_ALLOWED_HOSTS on the gateway to that name, or let the proxy send localhost or an address as Host"
)
UPSTREAM: Final = "check the address of the gateway in that proxy's configuration, and that the gateway runs there"
FROM_PROXY: Final = frozenset({502, 503, 504})
"""The statuses of a proxy that does not reach what is behind it."""
LOGIN: Final = frozenset({401, 403, 407})


def not_a_gateway(response: httpx.Response, url: str) -> Finding | None:
    """Finding about an answer of `/readyz` that is not a gateway's; None if it is one."""
    if response.status_code == httpx.codes.MISDIRECTED_REQUEST:
        return wrong(f"the gateway refuses the host of {url}, or the one that a proxy sends it", OTHER_HOST)
    try:
        probe = response.json()
    except (ValueError, RecursionError):
        probe = None
    field = "status" if response.status_code == httpx.codes.OK else "reason"
    if isinstance(probe, dict) and isinstance(probe.get(field), str):
        return None
    if problem := _of_proxy(response, url):
        return problem
    what = "with JSON that is not a gateway's" if probe is not None else "without JSON"
    advice = NOT_A_GATEWAY
    if response.status_code == httpx.codes.BAD_REQUEST and url.startswith("http:"):
        advice = f"{NOT_A_GATEWAY}; if the server expects TLS, use https:// in --url"
    return wrong(f"{READINESS_PATH} answered {response.status_code} {what}", advice)


def not_a_stream(response: httpx.Response, url: str) -> Finding | None:
    """Finding about an answer that is not the stream; None if it is."""
    kind = response.headers.get("content-type", "")
    if response.status_code == httpx.codes.OK and kind.startswith("text/event-stream"):
        return None
    if response.status_code == httpx.codes.FORBIDDEN and kind.startswith("application/json"):
        is_sent = "X-Status-Key" in response.request.headers
        return wrong("the gateway refused the key" if is_sent else "the stream requires a key", KEY)
    if not kind.startswith("application/json") and (problem := _of_proxy(response, url)):
        return problem
    return wrong(f"the stream answered {response.status_code}, {kind or 'no content type'}", NOT_A_GATEWAY)


def _of_proxy(response: httpx.Response, url: str) -> Finding | None:
    status = response.status_code
    if status in FROM_PROXY:
        return wrong(f"a proxy on the way answered {status}: it does not reach the gateway", UPSTREAM)
    if status in LOGIN:
        return wrong(f"something on the way answered {status}: it asks for a login", "check the way to the gateway")
    if response.has_redirect_location:
        return wrong(f"the answer is a redirect to {response.headers['location']}", "use the right address in --url")
    path = httpx.URL(url).path.strip("/")
    if status == httpx.codes.NOT_FOUND and path:
        base = str(httpx.URL(url).copy_with(path="/")).rstrip("/")
        return wrong(
            f"there is no gateway below the path /{path}", f"give --url without a path of the API, such as {base}"
        )
    return None
