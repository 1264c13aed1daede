"""One request, whatever answers it: it ends in time, follows no redirect, and does not read the body of the answer."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from agent_status_gateway.cli.http_client import CertificatesError, may_pass, open_transport, within
from agent_status_gateway.cli.notify.targets.sent import Failed, Refused, Sent, Told
from agent_status_gateway.cli.proxy import ProxyError

ANSWER_SECONDS: Final = 10.0
"""Maximum seconds for one try, from the connect to the head of the answer."""
MOST_RETRY_AFTER: Final = 3600.0
"""The longest that a target may ask to be left alone, in seconds."""


def post(url: str, content: bytes, headers: Mapping[str, str], now: float) -> Sent:
    """Post JSON. The address is a secret, so that only its host is named in what went wrong."""
    host = urlsplit(url).hostname
    try:
        with httpx.Client(transport=open_transport(url), timeout=ANSWER_SECONDS, follow_redirects=False) as client:
            status, retry_after = within(ANSWER_SECONDS, lambda: _ask(client, url, content, headers))
    except httpx.InvalidURL:
        return Refused("the address is not one of the web")
    except (ProxyError, CertificatesError, httpx.HTTPError, OSError, ValueError) as error:  # also of host names
        return Failed(f"{host} {_why(error)}")
    if httpx.codes.is_success(status):
        return Told()
    reason = f"{host} answered {status}"
    if may_pass(status):
        return Failed(reason, _seconds(retry_after, now))
    return Refused(reason)


def _why(error: Exception) -> str:
    """Say why there is no answer, without any secret."""
    if isinstance(error, httpx.ReadTimeout):
        return f"did not answer within {ANSWER_SECONDS:g} s"
    if isinstance(error, ProxyError | CertificatesError):
        return f"cannot be reached: {error}"
    return f"cannot be reached ({type(error).__name__})"


def _ask(client: httpx.Client, url: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    headers = {"Content-Type": "application/json", **headers}
    with client.stream("POST", url, content=content, headers=headers) as response:
        return response.status_code, response.headers.get("Retry-After", "")


def _seconds(retry_after: str, now: float) -> float:
    """Read the header, which has seconds or a date (RFC 9110, section 10.2.3); 0 for anything else."""
    if retry_after.isascii() and retry_after.isdigit():
        seconds = float(retry_after[:9])
    else:
        try:
            moment = parsedate_to_datetime(retry_after)
        except (ValueError, OverflowError):
            return 0.0
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    return min(max(0.0, seconds), MOST_RETRY_AFTER)
