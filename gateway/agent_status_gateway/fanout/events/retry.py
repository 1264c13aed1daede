"""Pure: when a client comes back."""

import random
from typing import Final

MIN_RETRY_MS: Final = 1000
"""The shortest wait, in milliseconds."""
MAX_RETRY_MS: Final = 4000
"""The longest wait, in milliseconds."""


def random_retry_ms() -> int:
    """Draw the wait before a client reconnects: random, so that clients do not all come at once."""
    # Spread, not secrecy; `randint` takes three times as long.
    return MIN_RETRY_MS + int(random.random() * (MAX_RETRY_MS - MIN_RETRY_MS + 1))  # noqa: S311


def retry(milliseconds: int) -> bytes:
    """The SSE line that sets how long a client waits before it reconnects; it is not an event by itself."""
    return b"retry: %d\n" % milliseconds
