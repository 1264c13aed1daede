"""Pure: what clients were told, counted where it is told: plain numbers, since a counter's lock would cost an event."""

from collections import Counter


class Told:
    """Of one replica, since its start."""

    __slots__ = ("bytes", "conflated", "endings", "events", "join_seconds", "joins", "keepalives")

    def __init__(self) -> None:
        self.events = 0
        """Status events written, first ones included."""
        self.bytes = 0
        """Of all that was written, before TLS and without the response's head."""
        self.conflated = 0
        """Pictures that a slow client never got, since a newer one took their place."""
        self.keepalives = 0
        self.joins = 0
        self.join_seconds = 0.0
        """From a request's acceptance to its first event's write, in all."""
        self.endings: Counter[str] = Counter()
        """Streams by why they ended."""
