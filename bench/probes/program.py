"""A probe's program: a process beside the measurement that prints what it found as JSON."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bench.checkout import OURS

TIMEOUT_SECONDS: Final = 60.0
"""The longest that a probe waits for one answer."""


@contextmanager
def running_probe(module: str, *arguments: object, seconds: float) -> Iterator[dict[str, Any]]:
    """Run a probe for so long; the block's end waits for it, and fills in what it found."""
    found: dict[str, Any] = {}
    command = [str(OURS.python), "-m", module, *map(str, arguments), str(seconds)]
    process = subprocess.Popen(command, cwd=OURS.folder, stdout=subprocess.PIPE, text=True)
    try:
        yield found
        printed, _ = process.communicate(timeout=seconds + 2 * TIMEOUT_SECONDS)
        found.update(json.loads(printed))
    finally:
        process.kill()
        process.communicate()
