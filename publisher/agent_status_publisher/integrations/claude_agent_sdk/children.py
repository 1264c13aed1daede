"""The subagents of a turn that have sessions of their own, by the tool call that runs each.

Messages name that call. Hooks come earlier, but name the subagent by another id, which is joined to a call by its kind
and its order until a message says which call it is.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Final, NamedTuple

from agent_status_publisher.integrations.runs import Runs

AGENT_TOOLS: Final = ("Agent", "Task")
"""The names of the tool that runs a subagent, in newer and older versions."""


class Call(NamedTuple):
    """An open call of the tool that runs a subagent."""

    kind: object
    """The name of the subagent's kind, such as `Explore`."""
    around: Hashable
    """The run that has made the call."""
    is_background: bool
    """True if the subagent goes on after the call."""


class Children:
    """The subagents of one turn. A refused call never begins one.

    Args:
        runs: The runs of the bridge.
        run: The turn's own run.
        is_split: True if subagents have sessions. Otherwise everything belongs to the turn's own.
    """

    def __init__(self, runs: Runs, run: Hashable, *, is_split: bool) -> None:
        self._runs = runs
        self._run = run
        self._is_split = is_split
        self._calls: dict[str, Call] = {}
        self._open: dict[str, tuple[Hashable, str]] = {}
        self._call_of_agent: dict[str, str] = {}
        self._agent_of_tool: dict[str, str] = {}
        self._call_of_task: dict[str, str] = {}

    def run_of_tool(self, event: Mapping[str, Any]) -> Hashable:
        """Return the run that a tool call of a hook's event belongs to, and begin it if it is a new subagent's."""
        run, agent, tool = self._run, event.get("agent_id"), event["tool_use_id"]
        if self._is_split and agent is not None:
            call = self._call_of_agent.get(agent) or self._guess(event.get("agent_type"))
            if call is not None:
                self._call_of_agent[agent] = call
                self._agent_of_tool[tool] = agent
                run = self.run_of(call)
        if self._is_split and event["tool_name"] in AGENT_TOOLS:
            said = event.get("tool_input") or {}
            self._calls[tool] = Call(said.get("subagent_type"), run, bool(said.get("run_in_background")))
        return run

    def run_of(self, call: str | None) -> Hashable:
        """Return the run of the subagent that a tool call runs, and begin it if it is new. None is the turn itself."""
        known = self._calls.get(call) if call is not None else None
        if call is None or known is None:
            return self._run
        run = (self._run, call)
        if call not in self._open:
            self._runs.begin(run, parent=known.around, child=call, title=_name(known.kind))
            self._runs.label(run, agent=known.kind)
            self._open[call] = run
        return run

    def learn(self, tool: str, call: str) -> None:
        """Note that a message names the call whose subagent uses this tool."""
        agent = self._agent_of_tool.get(tool)
        if agent is not None and call in self._calls:
            self._call_of_agent[agent] = call

    def add_task(self, task: str, call: str | None) -> None:
        """Note that a subagent runs as a task, whose end is said apart."""
        if call is not None and call in self._calls:
            self._call_of_task[task] = call
            self.run_of(call)

    def end_task(self, task: str, error: object) -> None:
        """End the subagent of a task."""
        if (call := self._call_of_task.pop(task, None)) is not None:
            self._end(call, error)

    def end_call(self, call: str, error: object) -> None:
        """End the subagent that a tool call has run, unless it goes on in the background."""
        self._agent_of_tool.pop(call, None)
        known = self._calls.get(call)
        if known is not None and (error is not None or not known.is_background):
            self._end(call, error)

    def end_all(self, error: object) -> None:
        """End what is left when the turn ends."""
        for call in list(reversed(self._calls)):
            self._end(call, error)

    def _end(self, call: str, error: object) -> None:
        self._calls.pop(call, None)
        if (run := self._open.pop(call, None)) is not None:
            self._runs.end(run, error)

    def _guess(self, kind: object) -> str | None:
        """Return the oldest call of this kind whose subagent has no id yet."""
        taken = set(self._call_of_agent.values())
        free = [call for call in self._calls if call not in taken]
        return next((call for call in free if self._calls[call].kind in (kind, None)), None)


def _name(kind: object) -> str | None:
    return kind if isinstance(kind, str) else None
