"""Pure: counts of what was written to clients, as plain numbers: a counter's lock would cost too much per event."""

from collections import Counter


class DeliveryCounts:
    """Counts of one replica since its start."""

    __slots__ = ("bytes", "conflated", "endings", "events", "join_seconds", "joins", "keepalives", "rounds")

    def __init__(self) -> None:
        self.events = 0
        """Status events written, including each stream's first one."""
        self.bytes = 0
        """Bytes written, before TLS and without the response's head."""
        self.conflated = 0
        """Snapshots that a slow client never got, since a newer one replaced them."""
        self.keepalives = 0
        self.joins = 0
        self.join_seconds = 0.0
        """Sum of the times from a request's acceptance to the write of its first event."""
        self.rounds = 0
        """Rounds of visits to the clients: the clock of keepalives."""
        self.endings: Counter[str] = Counter()
        """Ended streams by reason."""
