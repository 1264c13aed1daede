"""Open tool calls of one session, in the order of their start.

Rule 1. A call with an id ends with that id. Calls without ids are counted: each end of a tool ends one of its calls.
Rule 2. Of calls without ids, one that waits for a user's answer ends last: a question stands until its own answer.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

MAX_CALLS: Final = 100
"""Maximum open tool calls of one session, so that calls that never end cannot fill memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One tool call. Two calls are never equal, since calls without ids look the same."""

    agent: str | None
    """The id of the subagent that calls; `None` for the main agent."""
    tool: str
    id: str | None = None


class OpenCalls:
    """Tool calls that have begun and not ended."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    @property
    def newest(self) -> Call | None:
        """The call that began last."""
        return self._calls[-1] if self._calls else None

    def start(self, agent: str | None, tool: str, call_id: str | None) -> Call:
        """Begin a call. One with the same id is replaced."""
        if call_id is not None:
            self.drop(lambda one: one.id == call_id)
        call = Call(agent, tool, call_id)
        self._calls.append(call)
        if len(self._calls) > MAX_CALLS:
            del self._calls[0]
        return call

    def end(
        self, agent: str | None, tool: str | None, call_id: str | None, asked: Collection[Call] = ()
    ) -> Call | None:
        """End one call and return it, or `None` if none matches.

        Args:
            agent: The agent that made the call.
            tool: The tool's name.
            call_id: The call's id, if the agent gives one.
            asked: Calls that wait for a user's answer. Without an id, they are the last to end.
        """
        if call_id is not None:
            ended = self.find(lambda one: one.id == call_id)
        else:
            same = [one for one in self._calls if (one.agent, one.tool) == (agent, tool)]
            ended = min(same, key=lambda one: one in asked, default=None)
        if ended is not None:
            self._calls.remove(ended)
        return ended

    def find(self, fits: Callable[[Call], bool]) -> Call | None:
        """Find the newest call that fits."""
        return next((one for one in reversed(self._calls) if fits(one)), None)

    def drop(self, fits: Callable[[Call], bool]) -> None:
        """Forget all calls that fit."""
        self._calls = [one for one in self._calls if not fits(one)]
