"""Pure: the proxy on the way to a gateway, by the variables that programs share.

Rule 1. A loopback address is reached directly, whatever the variables say: a proxy's loopback is another machine.
Rule 2. `NO_PROXY` lists names with their subdomains, addresses and networks; `*` is everything.
Rule 3. The variable of the address's scheme comes before `ALL_PROXY`.
Rule 4. A proxy that cannot be used is an error that names the variable, and nothing of a user or password in it.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

import httpx

from agent_status_gateway.cli.reading.address import web_fault

SPOKEN: Final = frozenset({"http", "https"})
"""The kinds of proxy that the commands can use."""


class ProxyError(Exception):
    """A proxy variable that cannot be used. The message says what to do."""


def proxy_for(url: httpx.URL, proxies: Mapping[str, str]) -> str | None:
    """The URL of the proxy to use; None to connect directly.

    Args:
        url: The address to reach.
        proxies: The proxies by scheme, as `urllib.request.getproxies` returns them; `no` is the list of exceptions.

    Raises:
        ProxyError: The proxy cannot be used.
    """
    if is_loopback(url.host) or _is_excepted(url.host, proxies.get("no", "")):
        return None
    kind = next((kind for kind in (url.scheme, "all") if proxies.get(kind)), None)
    if kind is None:
        return None
    variable, advice = f"{kind.upper()}_PROXY", f"add {url.host} to NO_PROXY to connect directly"
    proxy = proxies[kind] if "://" in proxies[kind] else f"http://{proxies[kind]}"
    try:
        parsed = httpx.URL(proxy)
    except httpx.InvalidURL:
        raise ProxyError(f"{variable} is not a URL: correct it, or {advice}") from None
    if parsed.scheme not in SPOKEN:
        raise ProxyError(
            f"{variable} is a proxy of the kind {parsed.scheme}://, which these commands do not use: "
            f"set an http:// proxy, or {advice}"
        )
    if (fault := web_fault(proxy)) is not None:
        raise ProxyError(f"{variable} {fault}: correct it, or {advice}")
    return proxy


def is_loopback(host: str) -> bool:
    """True if the host is this machine."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and (address.is_loopback or address.is_unspecified)


def _is_excepted(host: str, exceptions: str) -> bool:
    name, address = host.rstrip(".").lower(), _address(host)
    entries = (entry.strip().lower() for entry in exceptions.split(","))
    return any(entry == "*" or _is_for(entry, name, address) for entry in entries if entry)


def _is_for(entry: str, name: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    entry = entry.partition("://")[2] or entry
    if address is not None:
        for text in (entry, entry.partition("]")[0].removeprefix("["), entry.partition(":")[0]):
            try:
                return address in ipaddress.ip_network(text, strict=False)
            except ValueError:
                continue
        return False
    domain = entry.partition(":")[0].removeprefix("*").strip(".")
    return bool(domain) and (name == domain or name.endswith(f".{domain}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
