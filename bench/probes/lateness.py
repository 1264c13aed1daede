"""Pure: how late a steady probe was, those that it could not even make counted."""

from collections.abc import Iterator
from typing import Final

PROBE_SECONDS: Final = 0.01


def late_probes(late_seconds: float, every_seconds: float = PROBE_SECONDS) -> Iterator[float]:
    """How late each probe is that was due until now, when the first of them is `late_seconds` late.

    One wait of a second delays a hundred probes that are due each 10 ms. To count it once would make a percentile of
    nearly nothing out of a second in which nobody was served.
    """
    while late_seconds >= 0:
        yield late_seconds
        late_seconds -= every_seconds
