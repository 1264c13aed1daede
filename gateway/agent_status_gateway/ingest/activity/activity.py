"""Activity of one session, and the state that is shown of it.

Rule 1. A question that is open is shown before everything else, since a person is needed.
Rule 2. Else the newest open tool call is shown, else the subagent that began last, else what the main agent does.
Rule 3. A new turn ends what was open of the main agent, and an interrupt does, too. Work that outlived a turn before
        goes on. Subagents of an interrupted turn end with it; one that goes on all the same is known by its next event.
Rule 4. When the turn is over, a session is done as soon as nothing runs in the background.
Rule 5. A session whose turn is not over, or was interrupted, is cancelled if it ends now.
Rule 6. The calls and questions of a subagent can be shown apart. What is left shows only that the subagent runs.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from agent_status_gateway.ingest.activity.background import Background
from agent_status_gateway.ingest.activity.calls import OpenCalls
from agent_status_gateway.ingest.activity.questions import Questions, Reason
from agent_status_publisher import SessionState


class Shown(NamedTuple):
    """State that is shown, with the name of its tool and the reason why a user is waited for."""

    state: SessionState
    tool: str | None = None
    reason: Reason | None = None


class Activity:
    """Activity of one session."""

    def __init__(self) -> None:
        self._state = SessionState.THINKING
        self._tool: str | None = None
        self._reason: Reason | None = None
        self._calls = OpenCalls()
        self.questions = Questions(self._calls)
        self._background = Background()
        self.is_over = False
        """True when the turn is over."""
        self._is_interrupted = False

    def shown(self, apart: Container[str | None] = ()) -> Shown:
        """Tell what is shown of all but the calls and questions of the subagents `apart`."""
        if foreground := self._foreground(lambda agent: agent not in apart):
            return foreground
        tool = self._background.subagent
        if tool is None and self.is_over:
            tool = self._background.task
        if tool is not None:
            return Shown(SessionState.TOOL_RUNNING, tool)
        reason = self._reason if self._state is SessionState.WAITING_FOR_USER else None
        return Shown(self._state, self._tool, reason)

    def shown_of(self, subagent: str) -> Shown:
        """Tell what is shown of one subagent."""
        return self._foreground(lambda agent: agent == subagent) or Shown(SessionState.THINKING)

    @property
    def subagents(self) -> Mapping[str, str]:
        """The names of the subagents that run, by id."""
        return self._background.subagents

    @property
    def outcome(self) -> Literal["done", "cancelled"]:
        """The way in which the session ends, if it ends now."""
        return "done" if self.is_over and not self._is_interrupted else "cancelled"

    @property
    def is_done(self) -> bool:
        """True when the turn is over and nothing runs in the background, unless the prompt is waited for."""
        at_prompt = self._state is SessionState.WAITING_FOR_USER
        return self.is_over and not at_prompt and not self._background and not self._calls and not self.questions

    @property
    def is_patient(self) -> bool:
        """True while it may take long until the next event: a tool runs, a user is asked, or the turn is over."""
        return self.is_over or self.shown().state in (SessionState.TOOL_RUNNING, SessionState.WAITING_FOR_USER)

    def set(self, state: SessionState, tool: str | None = None, reason: Reason | None = None) -> None:
        """Set the state until the next update. What was open is not any more."""
        self._clear()
        self._state, self._tool, self._reason = state, tool, reason

    def turn(self) -> None:
        """Begin a turn with a prompt."""
        if not self.is_over:
            self._background.interrupt()
        self._end_other_calls()
        self.is_over = False
        self._state, self._tool = SessionState.THINKING, None

    def start_tool(self, agent: str | None, tool: str, call_id: str | None, *, asks: Reason | None = None) -> None:
        """Begin a tool call.

        Args:
            agent: The id of the subagent that calls; `None` for the main agent.
            tool: The tool's name.
            call_id: The call's id, if the agent gives one.
            asks: The reason why its user is waited for, if the tool is a question.
        """
        if agent is None and self.is_over:  # another hook has kept it from stopping
            self.is_over = False
            self._state = SessionState.THINKING
        self.questions.answer_agent(agent)
        call = self._calls.start(agent, tool, call_id)
        if self.questions:
            self._drop_orphans()
        if asks is not None:
            self.questions.about(call, asks)

    def end_tool(self, agent: str | None, tool: str | None, call_id: str | None) -> None:
        """End a tool call, and answer the questions about it."""
        call = self._calls.end(agent, tool, call_id, self.questions.calls)
        if call is not None:
            self.questions.answer_call(call)
        self.questions.answer_agent(agent)

    def end_tools(self, agent: str | None) -> None:
        """End all tool calls of an agent: its model goes on with their results."""
        self._calls.drop(lambda one: one.agent == agent)
        self._drop_orphans()
        self.questions.drop(lambda one: one.agent == agent)
        self.questions.answer_agent(agent)

    def start_agent(self, agent_id: str, name: str | None) -> None:
        """Begin a subagent, or learn of one that runs."""
        self._background.start(agent_id, name)

    def end_agent(
        self, agent_id: str, tasks: Sequence[Any] | None = None, wake_ups: Sequence[Any] | None = None
    ) -> None:
        """End a subagent with its calls and questions.

        Args:
            agent_id: The subagent.
            tasks: The agent's own list of background work, if it gives one. It leaves out subagents that the main
                agent waits for, so it counts only when the turn is over.
            wake_ups: The agent's own list of scheduled wake-ups.
        """
        if self.is_over:
            self._take_over(tasks, wake_ups, but=agent_id)
        self._background.end(agent_id)
        self.end_tools(agent_id)

    def stop(self, tasks: Sequence[Any] | None = None, wake_ups: Sequence[Any] | None = None) -> None:
        """End the turn: the main agent does nothing any more. What it lists goes on, else the subagents do."""
        self._take_over(tasks, wake_ups)
        self._background.settle()
        self._be_over()

    def interrupt(self) -> None:
        """End the turn in place of its agent: its user has done so."""
        self._background.interrupt()
        self._be_over()
        self._is_interrupted = True

    def wait_for_prompt(self) -> None:
        """Be at the prompt: the turn is over, and the user's next one is waited for."""
        self._clear()
        self.is_over = True
        self._is_interrupted = False
        self._state, self._tool, self._reason = SessionState.WAITING_FOR_USER, None, "reply"

    def _foreground(self, is_seen: Callable[[str | None], bool]) -> Shown | None:
        """Find the newest question, else the newest call, of the agents that are seen."""
        if question := self.questions.find(lambda one: is_seen(one.asker)):
            return Shown(SessionState.WAITING_FOR_USER, reason=question.reason)
        call = self._calls.find(lambda one: is_seen(one.agent))
        return None if call is None else Shown(SessionState.TOOL_RUNNING, call.tool)

    def _be_over(self) -> None:
        self._end_other_calls()
        self.is_over, self._is_interrupted = True, False
        self._state, self._tool = SessionState.THINKING, None

    def _clear(self) -> None:
        self._background.clear()
        self._end_other_calls()
        self.is_over = False

    def _take_over(self, tasks: Sequence[Any] | None, wake_ups: Sequence[Any] | None, but: str | None = None) -> None:
        if tasks is not None or wake_ups is not None:
            self._background.replace(tasks or (), wake_ups or (), but)

    def _end_other_calls(self) -> None:
        """End the calls and questions of everybody but the subagents that run."""
        self._calls.drop(lambda one: not self._goes_on(one.agent))
        self._drop_orphans()
        self.questions.drop(lambda one: not self._goes_on(one.agent))

    def _goes_on(self, agent: str | None) -> bool:
        return agent is not None and self._background.has(agent)

    def _drop_orphans(self) -> None:
        """Close the questions about calls that are not open any more."""
        left = set(self._calls)
        self.questions.drop(lambda one: one.call is not None and one.call not in left)
