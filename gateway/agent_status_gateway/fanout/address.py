"""Pure: which address a client has, and as which it is counted where limits go by address.

A proxy that is trusted may pass on what a stranger wrote, so what is not an address is nobody's in particular: whoever
sends such a thing shares one place with all who do, and no text of theirs is kept.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

UNKNOWN: Final = "unknown"
MAX_PORT: Final = 65_535
MAX_CHARACTERS: Final = 64
"""Of an address, with room for a zone; longer texts are not even looked at."""
IPV6_CUSTOMER_BITS: Final = 64
"""One customer has 2^64 IPv6 addresses at least, and could have each of them counted anew."""


def client_of(scope: Mapping[str, Any]) -> tuple[str, int]:
    """Address and port of whoever sent this request."""
    host, port = scope.get("client") or (UNKNOWN, 0)
    if len(host) > MAX_CHARACTERS or _address(host) is None:
        return UNKNOWN, 0
    return host, port if 0 <= port <= MAX_PORT else 0


def counted_as(host: str) -> str:
    """Whose place this address takes: an IPv6 client's is its /64 network's."""
    address = _address(host)
    if not isinstance(address, ipaddress.IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), IPV6_CUSTOMER_BITS), strict=False))


@lru_cache(maxsize=4096)
def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
