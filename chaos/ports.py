"""Ports for servers of ours: below those that outgoing connections take.

Above, a client that keeps trying to connect before the server listens gets the port itself, sooner or later.
"""

import random
import socket
from typing import Final

LOWEST: Final = 15_000
HIGHEST: Final = 32_000


def free_port() -> int:
    """A port that nothing listens on."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
