"""What a bridge must publish of each scenario, and how it is measured what it sees."""

from dataclasses import dataclass
from typing import Any, Final

SCENARIOS: Final = (
    "plain_run",
    "streamed_run",
    "parallel_tools",
    "subagent",
    "wait_and_resume",
    "failure",
    "cancellation",
)
"""The tools of `parallel_tools` are `bash` and `read`; the `subagent` is run by a tool of the outer agent; a failure
says `boom`."""
TOOLS: Final = {"bash", "read"}
BOOM: Final = "boom"
ASPECTS: Final = ("thinking", "tools", "parallel tools", "streaming", "waiting", "tokens", "errors", "cancel")
DETAILS: Final = ("agent", "model", "reason", "cancelled", "context", "cost", "progress")
"""What a row is triaged by: two labels, why the session waits, how it ended, and three numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """One file or folder of `publisher/integrations/`, and what it can see of its framework."""

    name: str
    framework: str
    lacks: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    """Which of the details it fills."""
    splits: bool = False
    """Whether subagents can be sessions of their own."""


BRIDGES: Final = (
    Bridge(
        name="langchain",
        framework="LangChain, LangGraph",
        fills=frozenset({"agent", "model", "reason", "cancelled"}),
        splits=True,
    ),
    Bridge(
        name="openai_agents",
        framework="OpenAI Agents SDK",
        fills=frozenset({"agent", "model", "reason", "cancelled"}),
        splits=True,
    ),
    Bridge(
        name="pydantic_ai",
        framework="Pydantic AI",
        fills=frozenset({"agent", "model", "reason", "cancelled", "context", "cost"}),
        splits=True,
    ),
    Bridge(
        name="opentelemetry",
        framework="OpenTelemetry GenAI",
        lacks=frozenset({"streaming", "waiting"}),
        fills=frozenset({"agent", "model", "cost"}),
        splits=True,
    ),
    Bridge(
        name="claude_agent_sdk",
        framework="Claude Agent SDK",
        fills=frozenset({"agent", "model", "reason", "cancelled", "context", "cost"}),
        splits=True,
    ),
    Bridge(
        name="crewai",
        framework="CrewAI",
        fills=frozenset({"agent", "model", "reason", "cancelled", "progress"}),
        splits=True,
    ),
    Bridge(name="pocketpaw", framework="PocketPaw", fills=frozenset({"model", "reason", "cancelled"})),
)


class Published:
    """What was published of one scenario."""

    def __init__(self, run: dict[str, Any]) -> None:
        self.changes: list[dict[str, Any]] = run["changes"]
        self.reported: list[str] = run["reported"]
        self.raised: str | None = run["raised"]

    @property
    def keys(self) -> set[str]:
        """All sessions."""
        return {change["session_key"] for change in self.changes}

    @property
    def states(self) -> list[str | None]:
        """Of the one session, in order; None is its end."""
        states = [change["state"] for change in self.changes]
        return [state for index, state in enumerate(states) if index == 0 or state != states[index - 1]]

    @property
    def is_open(self) -> bool:
        """Whether a session is still shown."""
        return bool(self.changes) and self.changes[-1]["state"] is not None

    @property
    def tools(self) -> list[str | None]:
        """The tool at each change, None while there is none."""
        return [change["tool_name"] if change["state"] == "tool_running" else None for change in self.changes]

    def used_tokens(self) -> bool:
        """True if both numbers were published."""
        return any(change["input_tokens"] and change["output_tokens"] for change in self.changes)


def seen(published: dict[str, Published]) -> frozenset[str]:
    """Which aspects of its framework a bridge has shown."""
    plain, tools, failure, cancelled = (
        published[name] for name in ("plain_run", "parallel_tools", "failure", "cancellation")
    )
    shown = {
        "thinking": plain.states[:1] == ["thinking"] and plain.states[-1:] == [None],
        "tools": set(tools.tools) >= TOOLS,
        "parallel tools": _are_open_at_once(tools.tools),
        "streaming": "streaming" in published["streamed_run"].states,
        "waiting": _waits_and_goes_on(published["wait_and_resume"].states),
        "tokens": plain.used_tokens(),
        "errors": failure.states[-1:] == ["error"] and BOOM in (failure.changes[-1]["error_message"] or ""),
        "cancel": cancelled.states[-1:] == [None] and "error" not in cancelled.states,
    }
    return frozenset(aspect for aspect in ASPECTS if shown[aspect])


def filled(published: dict[str, Published]) -> frozenset[str]:
    """Which details a bridge has filled."""
    changes = [change for run in published.values() for change in run.changes]
    waiting = [change["waiting_for"] for change in changes if change["state"] == "waiting_for_user"]
    cancelled = [change["outcome"] for change in published["cancellation"].changes if change["state"] is None]
    shown = {
        "agent": any("agent" in change["labels"] for change in changes),
        "model": any("model" in change["labels"] for change in changes),
        "reason": bool(waiting) and None not in waiting,
        "cancelled": cancelled == ["cancelled"],
        "context": any(change["context"] for change in changes),
        "cost": any(change["cost_usd"] is not None for change in changes),
        "progress": any(change["progress"] for change in changes),
    }
    return frozenset(detail for detail in DETAILS if shown[detail])


def _are_open_at_once(tools: list[str | None]) -> bool:
    """Whether one tool is followed by the other, and with nothing between: the first was still open, then."""
    at_work = [index for index, tool in enumerate(tools) if tool is not None]
    return bool(at_work) and any(
        {tools[index], tools[index + 1]} >= TOOLS for index in at_work if index + 1 < len(tools)
    )


def _waits_and_goes_on(states: list[str | None]) -> bool:
    if "waiting_for_user" not in states:
        return False
    after = states[states.index("waiting_for_user") + 1 :]
    return after[:1] != [None] and after[-1:] == [None]
