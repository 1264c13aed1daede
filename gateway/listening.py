"""The socket that a replica listens on, opened before anything else is started."""

import errno
import socket
from typing import Final

BACKLOG: Final = 4096


class ListeningError(Exception):
    """The address cannot be had; the message says why, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; 0 is any free port.

    Raises:
        ListeningError: The port is taken, or the host is no address of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ListeningError(f"port {port} is taken on {host}: choose another with --port") from None
        raise ListeningError(f"cannot listen on {host}, port {port}: {error.strerror or error}") from None
