"""Pure: in which round each client is visited. Time passes in the hub; clients say when they need the next visit.

Rule 1. A client is visited when it may need something: a keepalive, a feed event, or the end of a stuck stream. Most
        need nothing for a long time. A visit to each of thousands once a second would cost more than their keepalives.
Rule 2. No more than five rounds pass between two visits: else a stream that nobody reads would be found late.
"""

from collections.abc import Callable, Iterable
from typing import Final

from agent_status_gateway.fanout.client import Client
from agent_status_gateway.fanout.delivery_counts import DeliveryCounts

MAX_SECONDS: Final = 1.0
"""The longest round, in seconds."""
LEAST_TO_KEEPALIVE: Final = 30
"""The number of rounds in the time of a keepalive, where a round is shorter than `MAX_SECONDS`."""
MOST_BETWEEN: Final = 5
"""The most rounds from one visit to the next."""
FEED_SECONDS: Final = 10.0
"""Seconds after which a client that asked for feed events gets the state again: its sign that the stream is alive."""
STUCK_SECONDS: Final = 60.0
"""Seconds without progress after which a blocked stream is aborted."""


class Rounds:
    """The clients by the round of their next visit. The number of the round stands in `counts`, as clients read it.

    Attributes:
        seconds: Seconds that a round takes.
        to_keepalive: Rounds without a byte after which a keepalive is written.
        to_feed: Rounds after which a client that asked for feed events gets the next.
        to_stuck: Rounds without progress after which a blocked stream is aborted.
    """

    def __init__(self, keepalive_seconds: float, counts: DeliveryCounts) -> None:
        self.seconds = min(MAX_SECONDS, keepalive_seconds / LEAST_TO_KEEPALIVE)
        self.to_keepalive = round(keepalive_seconds / self.seconds)
        self.to_feed = round(FEED_SECONDS / self.seconds)
        self.to_stuck = round(STUCK_SECONDS / self.seconds)
        self._counts = counts
        self._due: dict[int, set[Client]] = {}

    def begin(self, clients: Iterable[Client]) -> None:
        """Visit all these in the next round. A loop that was cancelled may not have come to some."""
        self._due.clear()
        for client in clients:
            self.add(client)

    def add(self, client: Client, rounds: int = 1) -> None:
        """Visit a client again after this many rounds, or before that."""
        client.visited_in = number = self._counts.rounds + max(1, min(rounds, MOST_BETWEEN))
        self._due.setdefault(number, set()).add(client)

    def remove(self, client: Client) -> None:
        """Forget a client: it has left."""
        if (due := self._due.get(client.visited_in)) is not None:
            due.discard(client)

    def visit(self, client: Client, current_feed_event: Callable[[], bytes]) -> None:
        """Have a client write what is due, and note when it is visited next, unless that has ended its stream."""
        self.add(client, MOST_BETWEEN)
        rounds = client.round(keepalive_rounds=self.to_keepalive, stuck_rounds=self.to_stuck)
        if client.wants_feed:
            if client.rounds_since_feed >= self.to_feed:
                client.offer_feed(current_feed_event())
            rounds = min(rounds, self.to_feed - client.rounds_since_feed)
        if rounds < MOST_BETWEEN and client in (due := self._due[client.visited_in]):
            due.remove(client)
            self.add(client, rounds)

    def next(self) -> list[Client]:
        """Begin the next round, and take out the clients to `visit` in it."""
        self._counts.rounds += 1
        return list(self._due.pop(self._counts.rounds, ()))
