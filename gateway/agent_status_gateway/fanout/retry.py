"""Pure: when a client comes back."""

import random
from typing import Final

MIN_RETRY_MS: Final = 1000
"""The shortest wait, in milliseconds."""
MAX_RETRY_MS: Final = 4000
"""The longest wait, in milliseconds."""


def random_retry_ms() -> int:
    """Draw the wait before a client reconnects: random, so that clients do not all come at once."""
    return random.randint(MIN_RETRY_MS, MAX_RETRY_MS)  # noqa: S311 - spread, not secrecy


def retry(milliseconds: int) -> bytes:
    """The SSE line that sets how long a client waits before it reconnects; it is not an event by itself."""
    return b"retry: %d\n" % milliseconds
