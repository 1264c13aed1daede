"""The sockets that a replica listens on, opened before anything else is started."""

import errno
import socket
import sys
from typing import Final

BACKLOG: Final = 4096
"""The most connections that wait to be accepted at each socket: the most that Linux allows by default."""
SOCKETS: Final = 4 if sys.platform == "linux" else 1
"""The sockets that share the port, for storms. A connect that finds no room is repeated after one second, or three."""
UNSENT_BYTES: Final = 128 * 1024
"""The most bytes that wait in the kernel for a client that does not read, instead of megabytes of old snapshots."""


class ListeningError(Exception):
    """An address that cannot be listened on. The message says why, and what to do."""


ALL_IPV6: Final = "::"
"""Every address of this machine. IPv4 gets sockets of its own, so that its clients keep their IPv4 addresses."""
ALL_IPV4: Final = "0.0.0.0"
PORTS_TO_TRY: Final = 20
"""The free ports of IPv6 to try, until one of them is free for IPv4, too."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Open listening sockets on one port; 0 is any free one. `::` listens on IPv4, too.

    Raises:
        ListeningError: The port is taken, or the host is not an address of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        places: list[tuple[str, int]] = [(host, family)]
        if host == ALL_IPV6:
            places.append((ALL_IPV4, socket.AF_INET))
        port = _free_port_of_all(places, port)
        return [_listener(*place, port) for place in places for _ in range(SOCKETS)]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListeningError(f"port {port} is taken on {host}: choose another with --port") from None
        raise ListeningError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None


def _free_port_of_all(places: list[tuple[str, int]], port: int) -> int:
    """A port that is free at all places. A free one that is taken elsewhere is replaced, a given one is an error."""
    for tries_left in reversed(range(1 if port else PORTS_TO_TRY)):
        (host, family), *others = places
        found = _free_port(host, family, port)
        try:
            for other, other_family in others:
                _free_port(other, other_family, found)
        except OSError:
            if not tries_left:
                raise
        else:
            return found
    raise AssertionError("the last try returns or raises")


def _free_port(host: str, family: int, port: int) -> int:
    """Bind the port without sharing first: a port that another replica shares would be shared with us, too."""
    with socket.socket(family) as alone:
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            alone.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        alone.bind((host, port))
        bound: int = alone.getsockname()[1]
        return bound


def _listener(host: str, family: int, port: int) -> socket.socket:
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=SOCKETS > 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Every accepted connection inherits it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    return listener
