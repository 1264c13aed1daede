"""Pure: a client's address, and the address or network that limits count it by.

A trusted proxy may pass on text that a stranger wrote. All clients with text that is not an address are counted
together as `unknown`, and the text is not kept.
"""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

UNKNOWN: Final = "unknown"
MAX_PORT: Final = 65_535
MAX_CHARACTERS: Final = 64
"""The most characters of an address, with room for a zone. Longer text is not parsed."""
IPV6_CUSTOMER_BITS: Final = 64
"""The bits of a network that counts as one client: one customer has at least 2^64 IPv6 addresses."""


def client_of(scope: Mapping[str, Any]) -> tuple[str, int]:
    """The address and port that a request came from."""
    host, port = scope.get("client") or (UNKNOWN, 0)
    if len(host) > MAX_CHARACTERS or _address(host) is None:
        return UNKNOWN, 0
    return host, port if 0 <= port <= MAX_PORT else 0


def counted_as(host: str) -> str:
    """The name that an address is counted by: an IPv6 address by its /64 network."""
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
