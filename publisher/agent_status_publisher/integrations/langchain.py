"""LangChain and LangGraph: agents, chains and graphs on the dashboard, in one line.

    from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install

    install(publisher)                                                          # all that runs in this process, or
    agent.invoke(asked, {"callbacks": [StatusCallbackHandler(publisher)]})      # this one

It needs langchain-core alone. The outermost run is the session: a graph inside a tool, or a chain inside a graph,
changes its state only; a model that is called by no chain is a run of its own. Its key is `langchain:` and a graph's
`thread_id` (`config["configurable"]`; for a chain without a graph `config["metadata"]`), else the run's id; or the one
of `with status_key("chat:42"):` around the call. What is seen:

- Model calls, and each tool while it runs, several at once too, in threads and in asyncio.
- `streaming` from the first token, when the model is streamed (`stream()` of agent or model). Tokens after each call.
- `waiting_for_user` when a graph ends by `interrupt()`, as human-in-the-loop middleware does, until its thread goes on.
- An error by its message. A task that is cancelled is an end, and so is a graph that is made to drain.

A breakpoint (`interrupt_before=…`) looks like an end, unless the handler is among the callbacks of the call: LangGraph
reports it to no other handler. Both lines at once count nothing twice: the handler among the callbacks is the one that
counts.
A handler that only a model has sees only that model's calls, each as a run. A generator of `stream()` that is left half
way is over when Python closes it.
"""

import weakref
from contextvars import ContextVar
from typing import Any, Final, cast
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tracers.context import register_configure_hook

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import never_raise

try:
    from langgraph.callbacks import GraphCallbackHandler as Handler
except ImportError:  # no langgraph, or one that does not report breakpoints
    Handler = BaseCallbackHandler
try:
    from langgraph.errors import GraphInterrupt
    from langgraph.types import Command
except ImportError:
    GraphInterrupt = Command = ()
try:
    from langgraph.errors import GraphDrained
except ImportError:
    GraphDrained = ()

UNNAMED: Final = ("LangGraph", "Runnable")
"""The prefixes of the names that LangChain gives to graphs and chains without a name."""
TEXT: Final = {"text", "text-delta"}


class SharedRuns:
    """The runs that all handlers of one publisher share. Two handlers may get the same run, which is counted once."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self.runs = Runs(publisher, "langchain")
        self.tools: dict[UUID, Session] = {}
        self.writing: set[UUID] = set()


_shared_runs: "weakref.WeakValueDictionary[StatusPublisher, SharedRuns]" = weakref.WeakValueDictionary()


class StatusCallbackHandler(Handler):
    """Shows the runs that it is among the callbacks of."""

    run_inline = True  # otherwise asyncio's agents call it from threads, in any order

    def __init__(self, publisher: StatusPublisher) -> None:
        shared = _shared_runs.get(publisher)
        if shared is None:
            shared = _shared_runs.setdefault(publisher, SharedRuns(publisher))
        self._shared = shared
        self._runs, self._tools, self._writing = shared.runs, shared.tools, shared.writing
        self.report = self._runs.report

    def __copy__(self) -> "StatusCallbackHandler":
        """Return itself: LangChain copies models with all that they hold."""
        return self

    def __deepcopy__(self, _: Any) -> "StatusCallbackHandler":
        """Return itself, as `__copy__` does."""
        return self

    @never_raise
    def on_chain_start(
        self, /, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """A chain, a graph or a node of it begins."""
        self._begin(run_id, parent_run_id, about, name=about.get("name"))
        if isinstance(inputs, Command) and inputs.resume is not None:
            self._runs.answered(run_id)

    @never_raise
    def on_chain_end(self, /, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """Note that it has ended, or waits: an interrupted graph ends like any other."""
        self._runs.end(run_id)

    @never_raise
    def on_chain_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Note that it has failed, was cancelled, or asks the user."""
        self._leave(run_id, error)

    @never_raise
    def on_chat_model_start(
        self, /, serialized: Any, messages: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """A model call begins."""
        self._think(run_id, parent_run_id, about)

    @never_raise
    def on_llm_start(
        self, /, serialized: Any, prompts: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """Note that a model that completes text has begun."""
        self._think(run_id, parent_run_id, about)

    @never_raise
    def on_llm_new_token(self, /, token: Any, *, run_id: UUID, **_: Any) -> None:
        """A piece of the answer, or of a tool call, which has no text."""
        if run_id not in self._writing and _has_text(token):
            self._write(run_id)

    @never_raise
    def on_stream_event(self, /, event: Any, *, run_id: UUID, **_: Any) -> None:
        """Note a token, in the newer protocol."""
        if run_id not in self._writing and _has_text([event.get("delta")]):
            self._write(run_id)

    @never_raise
    def on_llm_end(self, /, response: Any, *, run_id: UUID, **_: Any) -> None:
        """A model has answered."""
        self._writing.discard(run_id)
        if (session := self._runs.session(run_id)) is not None:
            used = _usage(response)
            session.add_usage(input=used[0], output=used[1])
        self._runs.end(run_id)

    @never_raise
    def on_llm_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Note that the model has failed."""
        self._writing.discard(run_id)
        self._leave(run_id, error)

    @never_raise
    def on_tool_start(
        self, /, serialized: Any, input_str: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """A tool call begins."""
        self._begin(run_id, parent_run_id, about)
        if (session := self._runs.session(run_id)) is not None:
            self._tools[run_id] = session
            session.tool_start(str(about.get("name") or (serialized or {}).get("name") or ""), run_id)

    @never_raise
    def on_tool_end(self, /, output: Any, *, run_id: UUID, **_: Any) -> None:
        """Note that it has ended."""
        self._end_tool(run_id)
        self._runs.end(run_id)

    @never_raise
    def on_tool_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Note that it has failed, was cancelled, or asks the user."""
        self._end_tool(run_id)
        self._leave(run_id, error)

    @never_raise
    def on_retriever_start(
        self, /, serialized: Any, query: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """A retriever begins, which may ask a model."""
        self._begin(run_id, parent_run_id, about)

    @never_raise
    def on_retriever_end(self, /, documents: Any, *, run_id: UUID, **_: Any) -> None:
        """Note that it has ended."""
        self._runs.end(run_id)

    @never_raise
    def on_retriever_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Note that it has failed or was cancelled."""
        self._leave(run_id, error)

    @never_raise
    def on_interrupt(self, /, event: Any) -> None:
        """A graph stops for a human, at a breakpoint too."""
        self._runs.ask(event.run_id)

    def _begin(self, run: UUID, parent: UUID | None, about: dict[str, Any], name: str | None = None) -> None:
        thread = (about.get("metadata") or {}).get("thread_id")
        title = None if name is None or name.startswith(UNNAMED) else name
        self._runs.begin(run, parent=parent or _around(), session_id=thread, title=title)

    def _think(self, run: UUID, parent: UUID | None, about: dict[str, Any]) -> None:
        self._begin(run, parent, about)
        if (session := self._runs.session(run)) is not None:
            session.thinking()

    def _write(self, run: UUID) -> None:
        if (session := self._runs.session(run)) is not None:
            self._writing.add(run)
            session.streaming()

    def _end_tool(self, run: UUID) -> None:
        """After the last one something else of the agent's has its turn."""
        shown = self._tools.pop(run, None)
        if shown is not None and (session := self._runs.session(run)) is not None:
            session.tool_end(run)
            if shown not in list(self._tools.values()):
                session.thinking()

    def _leave(self, run: UUID, error: BaseException) -> None:
        if isinstance(error, GraphInterrupt):
            self._runs.ask(run)
            self._runs.end(run)
        else:
            self._runs.end(run, None if isinstance(error, GraphDrained) else error)


class Installed:
    """Gives LangChain the handler for runs that have none; in the shape of a context variable, which it asks for."""

    handler: StatusCallbackHandler | None = None
    is_known = False

    def get(self) -> StatusCallbackHandler | None:
        """The handler of now."""
        return self.handler


_installed = Installed()


def install(publisher: StatusPublisher | None) -> None:
    """Show every run in this process, on the dashboard of this publisher and no other. None undoes it."""
    _installed.handler = None if publisher is None else StatusCallbackHandler(publisher)
    if not _installed.is_known:
        _installed.is_known = True
        variable = cast("ContextVar[Any]", _installed)
        register_configure_hook(variable, inheritable=True, handle_class=StatusCallbackHandler)


def _around() -> UUID | None:
    """The run that this one is called in, whose callbacks a config of its own has replaced (fallbacks have one)."""
    config = var_child_runnable_config.get() or {}
    return getattr(config.get("callbacks"), "parent_run_id", None)


def _has_text(token: Any) -> bool:
    """True when a piece is text for the user: a string, or blocks of content with text among them."""
    if isinstance(token, list):
        return any(isinstance(block, dict) and block.get("type") in TEXT and bool(block.get("text")) for block in token)
    return bool(token)


def _usage(response: Any) -> tuple[int, int]:
    """Tokens of one call: on the message, or reported by the model's client for all calls at once."""
    for generation in response.generations[0] if response.generations else ():
        used = getattr(getattr(generation, "message", None), "usage_metadata", None)
        if used:
            return used.get("input_tokens") or 0, used.get("output_tokens") or 0
    used = (response.llm_output or {}).get("token_usage") or {}
    return used.get("prompt_tokens") or 0, used.get("completion_tokens") or 0
