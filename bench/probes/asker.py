"""A steady probe from outside: `python -m bench.probes.asker PORT PATH SECONDS`.

It asks each 10 ms over one kept connection, and prints as JSON how late each answer was: from when the question was due
to the answer's last byte, in ms. The first answer counts apart: a server may listen long before it can answer.
"""

import http.client
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.probes.lateness import PROBE_SECONDS
from bench.probes.program import TIMEOUT_SECONDS, running_probe


class Asked:
    """Filled when the block has ended.

    Attributes:
        first_ms: Until the first right answer.
        late_ms: How late each later answer was.
        failed: Questions after the first answer without an answer, or with another status.
    """

    def __init__(self) -> None:
        self.first_ms = 0.0
        self.late_ms: list[float] = []
        self.failed = 0


@contextmanager
def asking(port: int, path: str, seconds: float) -> Iterator[Asked]:
    """Ask from a process of its own for so long; the block's end waits for it."""
    asked = Asked()
    with running_probe("bench.probes.asker", port, path, seconds=seconds) as found:
        yield asked
    asked.first_ms, asked.late_ms, asked.failed = found["first_ms"], found["late_ms"], found["failed"]


def main() -> None:
    """The asking process."""
    port, path, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    late_ms: list[float] = []
    first_ms = 0.0
    failed = 0
    began_at = due_at = time.monotonic()
    until = due_at + seconds
    while due_at < until:
        time.sleep(max(0.0, due_at - time.monotonic()))
        is_right = False
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            is_right = response.status == 200
        except (OSError, http.client.HTTPException):
            connection.close()
        now = time.monotonic()
        if not first_ms:
            first_ms = 1000 * (now - began_at) if is_right else 0.0
            due_at = now + PROBE_SECONDS
            continue
        failed += not is_right
        # All questions that were due meanwhile have waited, too, each from its own moment on.
        while due_at <= now:
            late_ms.append(1000 * (now - due_at))
            due_at += PROBE_SECONDS
    json.dump({"first_ms": first_ms, "late_ms": late_ms, "failed": failed}, sys.stdout)


if __name__ == "__main__":
    main()
