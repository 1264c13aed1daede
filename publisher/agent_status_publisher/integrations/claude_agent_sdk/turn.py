"""An open turn of a conversation: its tools, its questions, its tasks and what it has cost so far."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

from claude_agent_sdk import ResultMessage

from agent_status_publisher.integrations.claude_agent_sdk.children import Children
from agent_status_publisher.integrations.claude_agent_sdk.tokens import NONE, Tokens, TurnTokens, input_of, less
from agent_status_publisher.integrations.followed import Reason
from agent_status_publisher.session import Session

MAX_MODELS: Final = 100
"""The windows of at most so many models are remembered."""


class Turn:
    """An open turn.

    Attributes:
        children: The subagents inside it.
        open_tools: The run of each open tool call.
        asking: The run and the reason of each tool call that asks a person.
        tasks: The ids of open tasks that wake Claude when they end.
        tokens: Its tokens so far.
        before: The tokens that its session had already: a block of the agent's own code may hold one for many turns.
        of_children: Those of them that sessions of subagents show.
        cost: The conversation's cost at the previous result in US dollars, or None if that is not known.
        context: The tokens of the newest call of the agent's own, and the model that has read them.
    """

    __slots__ = ("asking", "before", "children", "context", "cost", "of_children", "open_tools", "tasks", "tokens")

    def __init__(self, children: Children, spent: Tokens | None, cost: float | None) -> None:
        self.children = children
        self.open_tools: dict[str, Hashable] = {}
        self.asking: dict[str, tuple[Hashable, Reason]] = {}
        self.tasks: set[str] = set()
        self.tokens = TurnTokens(spent)
        self.before: Tokens = NONE
        self.of_children: Tokens = NONE
        self.cost = cost
        self.context = (0, "")

    def newest_tool(self, run: Hashable) -> str | None:
        """Return the newest open tool call of a run."""
        return next((call for call in reversed(self.open_tools) if self.open_tools[call] == run), None)

    def reason(self, run: Hashable) -> Reason | None:
        """Return why a run asks now, or None if it does not."""
        return next((reason for other, reason in reversed(self.asking.values()) if other == run), None)

    @property
    def shown(self) -> Tokens:
        """The tokens that the turn's own session shows."""
        used = less(self.tokens.used, self.of_children)
        return self.before[0] + used[0], self.before[1] + used[1]

    def count_child(self, session: Session, before: Tokens) -> None:
        """Count what a subagent with a session of its own has used since `before`."""
        used = less(self.tokens.used, before)
        self.of_children = self.of_children[0] + used[0], self.of_children[1] + used[1]
        session.add_usage(input=used[0], output=used[1])

    def read(self, usage: Mapping[str, Any] | None, model: str) -> None:
        """Note how much the agent's own model has in its context after a call."""
        if usage:
            self.context = input_of(usage) + int(usage.get("output_tokens") or 0), model

    def cost_of(self, result: ResultMessage) -> float:
        """Return the US dollars of what this result adds. A result has those of the whole conversation.

        In a conversation that is older than this process, what was paid before is not known until its first result.
        """
        total: float | None = result.total_cost_usd
        before = self.cost
        if total is None:
            return 0.0
        self.cost = total
        if before is None:
            before = 0.0 if self.tokens.begins_conversation else total
        return max(0.0, total - before)


def windows_of(result: ResultMessage) -> dict[str, int]:
    """Return the context windows that a result says, by all names of their models."""
    windows: dict[str, int] = {}
    for name, model in list((result.model_usage or {}).items())[:MAX_MODELS]:
        if window := int(model.get("contextWindow") or 0):
            windows |= {name: window, str(model.get("canonicalModel") or name): window}
    return windows
