"""A few readers of change events that keep everything, to see that what they fold is what the gateway shows."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from bench.fleets.process import Counts, FleetProcess
from bench.gateway_run import STATUS_PATH, STREAM_PATH, GatewayRun
from bench.metrics import get
from chaos.clients.folded import Folded, differences
from chaos.clients.sse import Dashboard

LAST_SECONDS: Final = 3.0
"""Seconds in which each worker says its last, and those that a busy gateway may need afterwards."""


class WrongFoldError(Exception):
    """A reader's fold is not what the gateway shows. The message has the first differences."""


class Folding:
    """Readers of these views."""

    def __init__(self, gateway: GatewayRun, readers: dict[str, Dashboard]) -> None:
        self._gateway = gateway
        self._readers = readers

    def check(self) -> int:
        """Compare each fold with the JSON of its view, and return how many changes were folded.

        The fleet must have been silenced by `silence`.

        Raises:
            WrongFoldError: One is different.
        """
        changes = 0
        for view, reader in self._readers.items():
            folded = Folded()
            events = list(reader.events)
            try:
                for event in events:
                    folded.take(event.name, event.data, event.id, event.came_at)
            except ValueError as error:
                raise WrongFoldError(f"{view}: {error}") from None
            whole = json.loads(get(self._gateway.port, f"{STATUS_PATH}?{view}"))
            if wrong := differences(folded.snapshot(time.monotonic()), whole):
                raise WrongFoldError(f"{view}: {'; '.join(wrong[:3])}")
            changes += sum(event.name == "change" for event in events)
        return changes


def silence(fleet: FleetProcess) -> Counts:
    """Let a fleet fall silent, and return what it wrote until now.

    A state that began at another moment than was known is sent with the next change of its view. On a busy machine
    reports come late, and move such moments. So each worker has one change more, in its turn.
    """
    counts = fleet.be_silent()
    time.sleep(LAST_SECONDS)
    fleet.go_on(report_seconds=None, changes_per_second=(fleet.workers + 1) / LAST_SECONDS)
    time.sleep(LAST_SECONDS)
    fleet.be_silent()
    time.sleep(LAST_SECONDS)
    return counts


@contextmanager
def folding(gateway: GatewayRun, views: Sequence[str]) -> Iterator[Folding]:
    """A reader of each of these views, which are spelled as queries, for as long as the block runs."""
    with ExitStack() as stack:
        readers = {
            view: stack.enter_context(
                Dashboard(f"http://127.0.0.1:{gateway.port}", f"{STREAM_PATH}?{view}&events=changes")
            )
            for view in views
        }
        for reader in readers.values():
            reader.wait_for_first()
        yield Folding(gateway, readers)
