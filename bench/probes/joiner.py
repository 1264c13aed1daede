"""A client that joins each second, takes one whole snapshot and leaves: `python -m bench.probes.joiner PORT SECONDS`.

It prints as JSON how many seconds each snapshot took from the connect to its last byte, and how long it was. A join
that takes longer than a second delays the next one.
"""

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.probes.program import TIMEOUT_SECONDS, running_probe

REQUEST: Final = b"GET /api/v1/agent/status/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
MARKER: Final = b"event: status"
END: Final = b"\n\n"
EVERY_SECONDS: Final = 1.0
BUFFER_BYTES: Final = 1 << 20


class Joined:
    """Filled when the block has ended."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.bytes: list[int] = []
        self.failed = 0


@contextmanager
def joining(port: int, seconds: float) -> Iterator[Joined]:
    """Join from a process of its own for so long; the block's end waits for it."""
    joined = Joined()
    with running_probe("bench.probes.joiner", port, seconds=seconds) as found:
        yield joined
    joined.seconds, joined.bytes, joined.failed = found["seconds"], found["bytes"], found["failed"]


def main() -> None:
    """The joining process."""
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    taken: list[float] = []
    lengths: list[int] = []
    failed = 0
    due_at = time.monotonic()
    until = due_at + seconds
    while due_at < until:
        time.sleep(max(0.0, due_at - time.monotonic()))
        began_at = time.monotonic()
        try:
            lengths.append(take_snapshot(port))
            taken.append(time.monotonic() - began_at)
        except (OSError, EOFError):
            failed += 1
        due_at = max(due_at + EVERY_SECONDS, time.monotonic())
    json.dump({"seconds": taken, "bytes": lengths, "failed": failed}, sys.stdout)


def take_snapshot(port: int) -> int:
    """Bytes from the first one to the end of the first whole snapshot.

    Raises:
        OSError: No connection, or no bytes for a minute.
        EOFError: The stream ended before.
    """
    buffer = bytearray(BUFFER_BYTES)
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(REQUEST)
        count, head, tail, is_inside = 0, b"", b"", False
        while True:
            length = connection.recv_into(buffer)
            if not length:
                raise EOFError
            count += length
            news = bytes(buffer[:length])
            if not is_inside:
                head += news
                _, found, news = head.partition(MARKER)
                is_inside = bool(found)
            if is_inside:
                if END in tail + news:
                    return count
                tail = news[-1:]


if __name__ == "__main__":
    main()
