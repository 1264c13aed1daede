"""A request on uvicorn that is not answered yet, and has no task: the hub says when its connection must answer it.

Rule 1. A request whose connection is closing has left the hub: it is not answered, and its place is free at once.
"""

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from agent_status_gateway.fanout.members.poll import Poll


class HeldPoll:
    """One held request. Its connection says when it closes, and when it has closed."""

    __slots__ = ("_answer", "_cycle", "poll")

    def __init__(self, cycle: RequestResponseCycle, answer: Callable[[RequestResponseCycle], None]) -> None:
        self.poll: Poll | None = None
        self._cycle = cycle
        self._answer = answer

    def release(self) -> None:
        """Have the request answered."""
        self.poll = None
        self._answer(self._cycle)

    def stop(self) -> None:
        """Leave the hub: nobody reads the answer."""
        poll, self.poll = self.poll, None
        if poll is not None:
            poll.closed()

    closed = stop

    def answers(self, cycle: RequestResponseCycle) -> bool:
        """Test whether this is the request that is held, and not one behind it on the connection."""
        return cycle is self._cycle

    def set_blocked(self, *, is_blocked: bool) -> None:
        """Do nothing: nothing is written before the answer."""
