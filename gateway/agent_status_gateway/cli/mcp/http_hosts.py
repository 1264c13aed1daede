"""Pure: the hosts that requests over HTTP may name, as their header spells them, against DNS rebinding.

Rule 1. This machine is named with our port; with port 80, which clients leave out, also without one.
Rule 2. A name that the operator gives with the port of a scheme, or without any, is allowed in all three spellings.
"""

from collections.abc import Iterable
from typing import Final

from agent_status_gateway.cli.reading.address import web_fault

OWN_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
HTTP_PORT: Final = 80
DEFAULT_PORTS: Final = ("80", "443")
"""The ports of http and https, which clients leave out."""


class WrongHostError(ValueError):
    """A text that is not a host. The message says what is expected."""


def allowed_hosts(port: int, given: Iterable[str] = ()) -> list[str]:
    """List the values of the header `Host` that are allowed on this port, with those that the operator has given.

    Raises:
        WrongHostError: One that was given is not a host, with or without a port.
    """
    allowed = [f"{name}:{port}" for name in OWN_NAMES]
    if port == HTTP_PORT:
        allowed += OWN_NAMES
    for host in given:
        allowed += _spellings(host)
    return list(dict.fromkeys(allowed))


def _spellings(given: str) -> list[str]:
    if web_fault(f"http://{given}") is not None or any(character in given for character in "/@?#"):
        raise WrongHostError(f"--allowed-host must be a host such as status.example.org:8002, not {given[:100]!r}")
    host = given.lower()  # as clients write it
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, ""
    if port and port not in DEFAULT_PORTS:
        return [host]
    return [name, *(f"{name}:{one}" for one in DEFAULT_PORTS)]
