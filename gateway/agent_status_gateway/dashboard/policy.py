"""Pure: the headers of the page's files: nothing from elsewhere, and in no frame but where the setting allows it."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from agent_status_gateway.settings import OWN_ORIGIN

_RULES: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; "  # the icon, which the page draws
    "base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Each load asks again, which the ETag makes cheap, so old and new files are never mixed.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


def policy_for(ancestors: tuple[str, ...]) -> str:
    """Content-Security-Policy of the page.

    Args:
        ancestors: The pages that may show it in a frame: origins, or `self`. None: no page may.
    """
    named = [f"'{OWN_ORIGIN}'" if one == OWN_ORIGIN else one for one in ancestors] or ["'none'"]
    return f"{_RULES}; frame-ancestors {' '.join(named)}"


@cache
def headers_for(ancestors: tuple[str, ...]) -> Mapping[str, str]:
    """Headers of each file.

    X-Frame-Options is for what knows no `frame-ancestors`. It cannot name origins, so it is left out where the policy
    names some: a browser would refuse a page that the policy allows.
    """
    headers = {"Content-Security-Policy": policy_for(ancestors), **_HEADERS}
    if not ancestors:
        headers["X-Frame-Options"] = "DENY"
    elif set(ancestors) == {OWN_ORIGIN}:
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return MappingProxyType(headers)
