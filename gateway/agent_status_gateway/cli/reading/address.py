"""Pure: the addresses of the web as people give them, that of a gateway, and the header of the key."""

import re
from typing import Final
from urllib.parse import urlsplit

import httpx

from agent_status_gateway.cli.reading.problems import ReaderError

_HOST: Final = re.compile(r"[\w-]+(\.[\w-]+)*\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%[\w.-]+)?")
"""A name, or an address in the place where brackets are."""
MOST_SHOWN: Final = 200
"""The most characters of a wrong address that are repeated."""


def web_fault(url: str) -> str | None:
    """Say what keeps a text from being an address of the web, such as "must have a host"; None if it is one."""
    if any(character.isspace() or not character.isprintable() for character in url):
        return "must not have spaces or control characters"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "must have a host"
    if parts.scheme not in {"http", "https"}:
        return "must begin with http:// or https://"
    if not host or not _HOST.fullmatch(host):
        return "must have a host"
    try:
        return "must have a port between 1 and 65535" if parts.port == 0 else None
    except ValueError:
        return "must have a port between 1 and 65535"


def parse_address(url: str) -> tuple[str, str]:
    """Address to show, and address to use: without and with the user's name and password.

    Raises:
        ReaderError: It is not the address of a server.
    """
    fault = web_fault(url)
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        fault, parsed = fault or "must have a host that there can be", httpx.URL()
    if fault is not None:
        shown = "" if "@" in url else f", not {url[:MOST_SHOWN]!r}"  # before an @ there may be a password
        raise ReaderError(f"--url must be an address such as http://localhost:8000{shown}: it {fault}")
    if "?" in url or "#" in url:
        raise ReaderError(
            "--url must not have a query or fragment: use --key-file for a key, and for --url http://localhost:8000"
        )
    return str(parsed.copy_with(userinfo=b"")).rstrip("/"), str(parsed).rstrip("/")


def key_headers(key: str | None) -> dict[bytes, bytes]:
    """Header of the key; none without one.

    Raises:
        ReaderError: The key is longer than a line.
    """
    key = (key or "").strip()
    if "\n" in key or "\r" in key:
        raise ReaderError("the key must be a single line")
    return {b"X-Status-Key": key.encode()} if key else {}
