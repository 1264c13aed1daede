"""Questions of one session that a user has not answered yet.

Rule 1. A question is about a call, if one fits: the call with its id, else the newest call of its agent and tool that
        is not asked about yet, else the newest call of its agent. The end of that call is the answer.
Rule 2. A question without a call is answered when its agent goes on: when it begins or ends a tool.
Rule 3. An event that repeats an open question adds none: the request for a permission after a tool that is a question
        itself, and the notification after a request.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from agent_status_gateway.ingest.activity.calls import Call, OpenCalls

Reason = Literal["approval", "question", "reply"]
"""The reasons why a session waits for a person, as the report has them."""
MAX_QUESTIONS: Final = 100
"""Maximum open questions of one session."""
ANYONE: Final = "*"
"""The agent of a question that does not say who asks."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One question."""

    agent: str | None
    call: Call | None = None
    server: str | None = None
    """The MCP server that asks, if one does."""
    reason: Reason = "approval"

    @property
    def asker(self) -> str | None:
        """The id of the subagent that asks, as far as its call tells. `None` for the main agent."""
        return self.agent if self.call is None else self.call.agent


class Questions:
    """Questions that are open. The calls belong to the session."""

    def __init__(self, calls: OpenCalls) -> None:
        self._calls = calls
        self._questions: list[Question] = []

    def __len__(self) -> int:
        return len(self._questions)

    @property
    def calls(self) -> list[Call]:
        """The calls that are asked about."""
        return [one.call for one in self._questions if one.call is not None]

    def find(self, fits: Callable[[Question], bool]) -> Question | None:
        """Find the newest question that fits."""
        return next((one for one in reversed(self._questions) if fits(one)), None)

    def about(self, call: Call, reason: Reason = "approval") -> None:
        """Ask about a call, which is a question itself or needs a permission."""
        if call not in self.calls:
            self._add(Question(call.agent, call, reason=reason))

    def ask(self, agent: str | None, tool: str | None, call_id: str | None, reason: Reason = "approval") -> None:
        """Ask about a tool of an agent."""
        asked = self.calls
        mine = [one for one in self._calls if one.agent == agent]
        same_tool = [one for one in mine if one.tool == tool]
        by_id = [one for one in self._calls if call_id is not None and one.id == call_id]
        call = by_id[-1] if by_id else _newest_but(asked, same_tool)
        if call is None and same_tool:
            return  # each of its calls is asked about
        call = call or _newest_but(asked, mine)
        if call is not None:
            self.about(call, reason)
        elif not any(one.call is None and one.agent == agent for one in self._questions):
            self._add(Question(agent, reason=reason))

    def ask_for_server(self, server: str | None) -> None:
        """Ask for an MCP server, during a call of one of its tools."""
        prefix = f"mcp__{server}__"
        its_own = [one for one in self._calls if one.tool.startswith(prefix)]
        call = _newest_but(self.calls, its_own) or _newest_but(self.calls, self._calls)
        self._add(Question(ANYONE, call, server or "", "question"))

    def note(self, reason: Reason) -> None:
        """Ask without a word on who asks, unless a question is open, which this may be a notification of."""
        if not self._questions:
            call = self._calls.newest
            self._add(Question(ANYONE, call, reason=reason))

    def answer_call(self, call: Call) -> None:
        """Close the questions about a call that has ended."""
        self.drop(lambda one: one.call is call)

    def answer_agent(self, agent: str | None) -> None:
        """Close the questions without a call of an agent that goes on."""
        self.drop(lambda one: one.call is None and one.agent in (agent, ANYONE))

    def answer_server(self, server: str | None) -> None:
        """Close the questions of an MCP server; without its name, of all servers."""
        self.drop(lambda one: one.server is not None and server in (None, one.server))

    def drop(self, fits: Callable[[Question], bool]) -> None:
        """Forget all questions that fit."""
        self._questions = [one for one in self._questions if not fits(one)]

    def _add(self, question: Question) -> None:
        self._questions.append(question)
        if len(self._questions) > MAX_QUESTIONS:
            del self._questions[0]


def _newest_but(asked: list[Call], calls: Iterable[Call]) -> Call | None:
    return next((one for one in reversed(list(calls)) if one not in asked), None)
