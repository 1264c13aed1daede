"""The socket that a replica listens on, opened before anything else is started."""

import errno
import socket
from typing import Final

BACKLOG: Final = 4096
UNSENT_BYTES: Final = 128 * 1024
"""So much may wait in the kernel for a client that does not read, instead of megabytes of old pictures."""


class ListeningError(Exception):
    """The address cannot be had; the message says why, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; 0 is any free port.

    Raises:
        ListeningError: The port is taken, or the host is no address of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListeningError(f"port {port} is taken on {host}: choose another with --port") from None
        raise ListeningError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        # Every accepted connection inherits it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    return listener
