"""The open traces of the OpenAI Agents SDK, which all trace processors of one publisher share."""

import sys
import threading
import weakref
from typing import Any

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs


class Watched:
    """A call of `StatusTraceProcessor.run`, which ends the first run that begins in it."""

    seen: "Seen | None" = None


class Seen:
    """A trace that has not ended, or a resumed run, whose trace the SDK does not report again.

    A line that is run twice adds two processors, and the SDK reports everything to both. `owner` is the one that
    follows this trace.
    """

    __slots__ = ("before", "is_unnamed", "is_watched", "models", "owner", "run", "spans", "tools", "turns", "used")

    def __init__(self, run: str, owner: object, *, is_unnamed: bool) -> None:
        self.run = run
        self.owner = owner
        self.is_unnamed = is_unnamed
        self.is_watched = False
        self.before = sys.exception()  # the agent may be running in an `except` block
        self.spans: dict[str, bool] = {}  # open spans, and whether each is inside a tool
        self.tools: set[str] = set()
        self.models, self.turns, self.used = [0, 0], [0, 0], [0, 0]


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
