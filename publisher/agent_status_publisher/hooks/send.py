"""`agent-status-hook CLI`, which sends the event of a command-line agent's hook to `agent-status-gateway ingest`.

The command runs at every tool call, and the agent waits for it. So it imports little, gives up 200 ms after it has read
stdin (with TLS 1 s), prints nothing and always exits with 0 (2 would forbid the tool). Only the fields in
`names.FIELDS` leave this process, without prompts, commands and results.
"""

import json
import os
import socket
import sys
import threading

from agent_status_publisher.hooks.caller import caller_headers
from agent_status_publisher.hooks.names import DEFAULT_URL, FIELDS, KEY_VARIABLE, WORK_FIELDS, typed_notification

SEND_SECONDS = 0.2
TLS_SEND_SECONDS = 1.0
"""Seconds for an `https` URL: the library takes 0.1 s to load, and the handshake two ways to the server and back."""
READ_SECONDS = 2.0
MAX_STDIN_BYTES = 64 * 1024 * 1024
HTTP_PORT = 80
MAX_WORK = 100


def main() -> int:
    """Send the event on stdin to ingest, or change an agent's settings with `install` and `uninstall`."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["install"], ["uninstall"], ["-h"], ["--help"], []):
        from agent_status_publisher.hooks.install import main as change_settings  # noqa: PLC0415 - not at every tool call

        return change_settings(arguments)
    try:
        url = arguments[2] if arguments[1:2] == ["--url"] else DEFAULT_URL
        read = threading.Event()
        sender = threading.Thread(target=_send_stdin, args=(arguments[0], url, read), daemon=True)
        sender.start()
        read.wait(READ_SECONDS)
        sender.join(TLS_SEND_SECONDS if url.startswith("https:") else SEND_SECONDS)
    finally:
        os._exit(0)  # even if the thread still waits, and even at Ctrl-C


def _send_stdin(cli: str, url: str, read: threading.Event) -> None:
    try:
        caller = caller_headers(cli)  # before stdin, so that the 200 ms are for the way to ingest
        body = sys.stdin.buffer.read(MAX_STDIN_BYTES)
        read.set()
        key = os.environ.get(KEY_VARIABLE, "").strip()
        headers = {"Content-Type": "application/json", **({"X-Status-Key": key} if key else {}), **caller}
        _send(url.rstrip("/") + f"/hooks/{cli}", names_in(body), headers)
    except Exception:  # noqa: BLE001, S110 - our failures must not reach the agent
        pass
    finally:
        read.set()


def names_in(body: bytes) -> bytes:
    """The event without prompts, commands and results."""
    event = typed_notification(json.loads(body, parse_int=float))  # a long int raises, a long float does not
    if event.get("hook_event_name") == "PostToolUseFailure":
        event.pop("error", None)  # a tool's output
    names = {name: _only_names(event.get(name)) for name in FIELDS}
    if isinstance(folder := names["cwd"], str):
        names["cwd"] = folder.replace("\\", "/").rstrip("/").rpartition("/")[2] or None
    return json.dumps({name: value for name, value in names.items() if value is not None}).encode()


def _only_names(value: object) -> object:
    if isinstance(value, str | bool):
        return value
    if not isinstance(value, list):
        return None
    listed = [one if isinstance(one, dict) else {} for one in value[:MAX_WORK]]
    return [{name: one[name] for name in WORK_FIELDS if isinstance(one.get(name), str)} for one in listed]


def _send(url: str, body: bytes, headers: dict[str, str]) -> None:
    scheme, _, rest = url.partition("://")
    if scheme == "https":
        _send_by_library(url, body, headers)
        return
    place, slash, path = rest.partition("/")
    host, port = _host_and_port(place)
    lines = [
        f"POST {slash}{path} HTTP/1.1",
        f"Host: {place}",
        *(f"{name}: {value}" for name, value in headers.items()),
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    with socket.create_connection((host, port), timeout=SEND_SECONDS) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        connection.recv(1)  # the first byte of the answer: ingest has the event


def _host_and_port(place: str) -> tuple[str, int]:
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place.strip("[]"), HTTP_PORT
    return host.strip("[]"), int(port)


def _send_by_library(url: str, body: bytes, headers: dict[str, str]) -> None:
    from urllib.request import ProxyHandler, Request, build_opener  # noqa: PLC0415 - takes 0.1 s, and only TLS needs it

    handlers = [ProxyHandler({})] if _goes_direct(url) else []
    with build_opener(*handlers).open(Request(url, body, headers), timeout=TLS_SEND_SECONDS):  # noqa: S310 - the user's URL
        pass


def _goes_direct(url: str) -> bool:
    """Tell whether a URL is asked without a proxy: this machine, what NO_PROXY names, and all if the proxy is SOCKS."""
    from ipaddress import ip_address  # noqa: PLC0415 - only TLS needs it
    from urllib.parse import urlsplit  # noqa: PLC0415
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    host = urlsplit(url).hostname or ""
    try:
        is_here = ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost" or host.endswith(".localhost")
    # NO_PROXY may have an IPv6 address in brackets or without; urllib itself compares the one in brackets.
    is_named = any(proxy_bypass(name) for name in (host, f"[{host}]"))
    return is_here or is_named or getproxies().get("https", "").startswith("socks")


if __name__ == "__main__":
    sys.exit(main())
