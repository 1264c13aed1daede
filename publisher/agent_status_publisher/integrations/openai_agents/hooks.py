"""Hooks for one run of the OpenAI Agents SDK, which need no trace."""

from typing import Any

from agents import RunHooks

from agent_status_publisher.integrations.followed import Followed
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise


class StatusHooks(RunHooks[Any]):
    """Hooks for `Runner.run(hooks=…)`, in the block of your own session. Each run needs its own."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._named = Followed(session, None, is_held=True)
        self.report = session.report
        self._tools: set[object] = set()
        self._before: tuple[int, int] | None = None
        self._of_models, self._used = (0, 0), (0, 0)

    async def on_agent_start(self, context: Any, agent: Any) -> None:
        """Note the agent, and how many tokens the context has already: it may be that of an earlier run."""
        self._begin(context)
        self._name(agent)

    async def on_agent_end(self, context: Any, agent: Any, output: Any) -> None:
        """Add what was not counted yet."""
        self._count(context)

    async def on_llm_start(self, context: Any, agent: Any, system_prompt: Any, input_items: Any) -> None:
        """Note that the model is called."""
        for call in list(self._tools):  # the SDK does not report the end of a cancelled tool
            self._end_tool(call)
        self._name(agent)
        self._session.thinking()

    async def on_llm_end(self, context: Any, agent: Any, response: Any) -> None:
        """Note that the model has answered."""
        self._use(context, response)

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        """Note that a tool begins."""
        self._start_tool(context, tool)

    async def on_tool_end(self, context: Any, agent: Any, tool: Any, result: Any) -> None:
        """Note that a tool has ended."""
        self._end_tool(_call_of(context, tool))
        self._count(context)

    @never_raise
    def _begin(self, context: Any) -> None:
        if self._before is None:
            self._before = _tokens(context)

    @never_raise
    def _name(self, agent: Any) -> None:
        """Label the session with the agent at work, and with its model if the agent says which one that is."""
        model = getattr(agent, "model", None)
        self._named.fill("agent", getattr(agent, "name", None))
        self._named.fill("model", getattr(model, "model", model))

    @never_raise
    def _use(self, context: Any, response: Any) -> None:
        usage = response.usage
        self._of_models = self._of_models[0] + usage.input_tokens, self._of_models[1] + usage.output_tokens
        self._count(context)

    @never_raise
    def _count(self, context: Any) -> None:
        """Add what is new. The context has the tokens of inner agents as well, but gets those of a stream late."""
        total, before = _tokens(context), self._before or (0, 0)
        used = (
            max(self._used[0], self._of_models[0], total[0] - before[0]),
            max(self._used[1], self._of_models[1], total[1] - before[1]),
        )
        self._session.add_usage(input=used[0] - self._used[0], output=used[1] - self._used[1])
        self._used = used

    @never_raise
    def _start_tool(self, context: Any, tool: Any) -> None:
        self._begin(context)
        call = _call_of(context, tool)
        self._tools.add(call)
        self._session.tool_start(tool.name, call)

    @never_raise
    def _end_tool(self, call: object) -> None:
        self._tools.discard(call)
        self._session.tool_end(call)
        if not self._tools:
            self._session.thinking()


def _call_of(context: Any, tool: Any) -> object:
    """Return the tool's call id, or its name, since not every tool call has an id."""
    return getattr(context, "tool_call_id", None) or getattr(tool, "name", None)


def _tokens(context: Any) -> tuple[int, int]:
    """Return the tokens of the run so far, with those of agents that are its tools."""
    usage = getattr(context, "usage", None)
    return (0, 0) if usage is None else (usage.input_tokens, usage.output_tokens)
