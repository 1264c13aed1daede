"""Programs that only subscribe to a namespace's channel: what one more replica costs Redis."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

from agent_status_publisher.contract.wire import Keys

BUFFER_BYTES: Final = 1 << 20


@contextmanager
def listeners(redis_url: str, namespace: str, count: int) -> Iterator[None]:
    """So many subscribers of a Redis behind a unix socket, whose messages are read and dropped by threads."""
    channel = Keys(namespace).events.encode()
    subscribe = b"*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n" % (len(channel), channel)
    sockets = []
    try:
        for _ in range(count):
            subscriber = socket.socket(socket.AF_UNIX)
            sockets.append(subscriber)
            subscriber.connect(urlsplit(redis_url).path)
            subscriber.sendall(subscribe)
            threading.Thread(target=_drop, args=(subscriber,), name="listener", daemon=True).start()
        yield
    finally:
        for subscriber in sockets:
            with suppress(OSError):
                subscriber.shutdown(socket.SHUT_RDWR)
            subscriber.close()


def _drop(subscriber: socket.socket) -> None:
    buffer = bytearray(BUFFER_BYTES)
    with suppress(OSError):
        while subscriber.recv_into(buffer):
            pass
