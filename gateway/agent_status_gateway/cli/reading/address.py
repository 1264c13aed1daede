"""Pure: the address of a gateway as people give it, and the header of the key."""

import httpx

from agent_status_gateway.cli.reading.problems import ReaderError


def parse_address(url: str) -> tuple[str, str]:
    """Address to show, and address to use: without and with the user's name and password.

    Raises:
        ReaderError: It is not the address of a server.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ReaderError(f"--url must be an address such as http://localhost:8000, not {url!r}")
    if parsed.query or parsed.fragment:
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
