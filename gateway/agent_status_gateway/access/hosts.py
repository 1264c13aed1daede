"""Pure: the hosts that a request may name, against DNS rebinding.

A page in a browser can have its own name lead to 127.0.0.1. To the browser, a gateway there is then the page's own
origin, so CORS does not protect it. But the request's `Host` is still the page's name. So where a browser on this
machine could be misled, `Host` must be `localhost`, an IP address, or a name that the operator has set.

Rule 1. The check applies to connections that arrive at a loopback address while no key is required, and to all
        connections once the operator has set names.
Rule 2. An IP address is always allowed: a rebound page has a name, and probes and Prometheus ask by address.
Rule 3. A request without `Host` is allowed: every browser sends one. If there are several, each must be allowed.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final

LOCALHOST: Final = "localhost"
MAX_SHOWN_CHARACTERS: Final = 100
"""The most characters of a refused host that are repeated in the refusal."""
MAX_ADDRESS_CHARACTERS: Final = 64
"""The most characters of an address, in its brackets. Longer text is not parsed, and not remembered."""
MAX_ALLOWED: Final = 256
"""The most spellings of allowed hosts, with their ports, that are remembered: a gateway has few."""
_PORT: Final = re.compile(r":[0-9]*\Z")


class Hosts:
    """Allowed hosts.

    Args:
        names: The names that the operator has set, in lower case and without ports.
        asks_for_key: True if readers must send a key.
    """

    def __init__(self, names: Collection[str], asks_for_key: Callable[[], bool]) -> None:
        self._names = frozenset(names)
        self._allowed: set[bytes] = set()
        self._asks_for_key = asks_for_key

    def refusal(self, scope: Mapping[str, Any]) -> str | None:
        """The sentence that refuses a request under another name; None if its host is allowed."""
        if not self._names and (self._asks_for_key() or not _arrives_at_loopback(scope)):
            return None
        for field, value in scope["headers"]:
            if field == b"host" and not self._allows(value):
                host = _without_port(value)
                return (
                    f"this gateway does not answer for the host {host[:MAX_SHOWN_CHARACTERS]!r}: "
                    "AGENT_STATUS_ALLOWED_HOSTS must list it"
                )
        return None

    def _allows(self, value: bytes) -> bool:
        if value in self._allowed:
            return True
        host = _without_port(value)
        name = host.lower().removesuffix(".")
        is_known = name == LOCALHOST or name in self._names
        if not is_known and (len(host) > MAX_ADDRESS_CHARACTERS or not _is_address(host)):
            return False
        if len(self._allowed) < MAX_ALLOWED and len(value) <= MAX_ADDRESS_CHARACTERS:
            self._allowed.add(value)
        return True


def _without_port(value: bytes) -> str:
    return _PORT.sub("", value.decode("latin-1"))


def _arrives_at_loopback(scope: Mapping[str, Any]) -> bool:
    """Test whether the connection's own end is a loopback address, whatever address the server listens on."""
    server = scope.get("server")
    return server is not None and _is_loopback(str(server[0]))


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    if host == LOCALHOST:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False  # a Unix socket, which no browser can reach
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


@lru_cache(maxsize=256)
def _is_address(host: str) -> bool:
    try:
        if host.startswith("[") and host.endswith("]"):
            ipaddress.IPv6Address(host[1:-1])
        else:
            ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
