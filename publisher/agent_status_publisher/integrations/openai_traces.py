"""The open traces of the OpenAI Agents SDK, which all trace processors of one publisher share."""

import sys
import threading
import weakref
from typing import Any, NamedTuple

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs


class Watched:
    """A call of `StatusTraceProcessor.run`, which ends the first run that begins in it."""

    seen: "Seen | None" = None


class Place(NamedTuple):
    """Where a span is: in which run, in which tool call of it, and whether it is the run's own work."""

    run: str
    tool: str | None = None
    is_own: bool = True
    """False inside a tool and inside a guardrail: an agent there is not the one that the session is named after."""


class Tally:
    """The tokens of one run, none twice.

    A turn's tokens are those of its model calls and of agents inside it. A model of the agent's own may make no spans,
    so that turns alone have its tokens. Turns of parallel agents each have those of all, so only the outermost run's
    are read.
    """

    __slots__ = ("_models", "_turns", "_used")

    def __init__(self) -> None:
        self._models, self._turns, self._used = [0, 0], [0, 0], [0, 0]

    def add(self, usage: dict[str, Any], *, is_turn: bool) -> tuple[int, int]:
        """Add what a span says. Return what is new."""
        known = self._turns if is_turn else self._models
        known[0] += int(usage.get("input_tokens") or 0)
        known[1] += int(usage.get("output_tokens") or 0)
        before, self._used = self._used, list(map(max, self._used, self._models, self._turns))
        return self._used[0] - before[0], self._used[1] - before[1]

    def leave_out(self, used: tuple[int, int]) -> None:
        """Leave out what a session inside this one has used. The turn around it repeats it when it ends."""
        self._turns = [self._turns[0] - used[0], self._turns[1] - used[1]]


class Seen:
    """A trace that has not ended, or a resumed run, whose trace the SDK does not report again.

    A line that is run twice adds two processors, and the SDK reports everything to both. `owner` is the one that
    follows this trace.
    """

    __slots__ = ("before", "children", "is_watched", "owner", "run", "spans", "tallies", "tools", "unnamed")

    def __init__(self, run: str, owner: object, *, is_unnamed: bool) -> None:
        self.run = run
        self.owner = owner
        self.unnamed = {run} if is_unnamed else set()
        self.is_watched = False
        self.before = sys.exception()  # the agent may be running in an `except` block
        self.spans: dict[str, Place] = {}  # open spans
        self.tools: dict[str, str] = {}  # open tools, and the runs that they belong to
        self.children: dict[str, None] = {}  # open sessions of subagents, in their order
        self.tallies: dict[str, Tally] = {run: Tally()}

    def place(self, span: Any) -> Place:
        """Return where a span is that begins."""
        if (run := self.tools.get(span.parent_id)) is not None:
            return Place(run, span.parent_id, is_own=False)
        return self.spans.get(span.parent_id) or Place(self.run)

    def begin_child(self, run: str) -> None:
        """Note that a subagent begins a session of its own."""
        self.children[run] = None
        self.tallies[run] = Tally()
        self.unnamed.add(run)

    def end_child(self, run: str) -> None:
        """Forget a subagent's session that has ended."""
        del self.children[run], self.tallies[run]
        self.unnamed.discard(run)


class Traces:
    """The open traces of one publisher, by id. The agent's code may use any of its processors to run or stream."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self.runs = Runs(publisher, "openai_agents")
        self.seen: dict[str, Seen] = {}
        self.streamed: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self.lock = threading.RLock()


_traces: "weakref.WeakValueDictionary[StatusPublisher, Traces]" = weakref.WeakValueDictionary()


def traces_of(publisher: StatusPublisher) -> Traces:
    """Return the `Traces` of a publisher. They live as long as one of its processors."""
    traces = _traces.get(publisher)
    return _traces.setdefault(publisher, Traces(publisher)) if traces is None else traces
