"""LangChain and LangGraph: agents, chains and graphs on the dashboard, in one line.

    from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install

    install(publisher)                                                          # every run in this process, or
    agent.invoke(asked, {"callbacks": [StatusCallbackHandler(publisher)]})      # this run only

Only langchain-core is required. The outermost run is the session. A graph inside a tool, or a chain inside a graph,
only changes the state of that session. A model that no chain calls is a separate run. The session's key is `langchain:`
and a graph's `thread_id` from `config["configurable"]`. A chain without a graph takes it from `config["metadata"]`.
Without a `thread_id`, the run's id is used. `with status_key("chat:42"):` around the call sets another key.
What is seen:

- Model calls, and each tool while it runs, even several at once, in threads and in asyncio.
- `streaming` from the first piece of text, when the model is streamed (`stream()` of agent or model).
- Tokens after each call.
- `waiting_for_user` when a graph ends by `interrupt()`, as human-in-the-loop middleware does, until its thread resumes.
  A loop that is left at `__interrupt__` waits, too. So does a run that is cancelled after it has asked: its thread
  keeps the question.
- An error with its message. A cancelled task or a drained graph ends the session without an error.

A breakpoint (`interrupt_before=…`) looks like an end, unless the handler is among the callbacks of the call. LangGraph
reports breakpoints to no other handler. Both lines can be used at once. Nothing is counted twice, because only the
handler among the callbacks counts then. The title is the name of the agent, the graph or the `@entrypoint`.
A handler that is passed only to a model sees only the calls of that model, each as a run. An abandoned `stream()`
generator ends its run when Python closes it.
"""

import weakref
from asyncio import CancelledError
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
except ImportError:  # langgraph is missing, or does not report breakpoints
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
"""LangChain gives names with these prefixes to graphs and chains that have no name."""
TEXT: Final = {"text", "text-delta"}
LEFT: Final = (CancelledError, GeneratorExit)
"""Exceptions that end a run whose caller has left it: its task is cancelled, or its stream is closed early."""
ENTRY: Final = ("__start__",)
"""The trigger of the one node of an `@entrypoint`, which has its function's name. No other graph has such a node."""


class SharedRuns:
    """The runs that all handlers of one publisher share. A run that two handlers receive is counted once."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self.runs = Runs(publisher, "langchain")
        self.tools: dict[UUID, Session] = {}
        self.writing: set[UUID] = set()
        self.untitled: set[UUID] = set()


_shared_runs: "weakref.WeakValueDictionary[StatusPublisher, SharedRuns]" = weakref.WeakValueDictionary()


class StatusCallbackHandler(Handler):
    """The callback handler that shows each run whose callbacks include it."""

    run_inline = True  # otherwise async agents call the handler from threads, in any order

    def __init__(self, publisher: StatusPublisher) -> None:
        shared = _shared_runs.get(publisher)
        if shared is None:
            shared = _shared_runs.setdefault(publisher, SharedRuns(publisher))
        self._shared = shared
        self._runs, self._tools, self._writing = shared.runs, shared.tools, shared.writing
        self._untitled = shared.untitled
        self.report = self._runs.report

    def __copy__(self) -> "StatusCallbackHandler":
        """Return this handler, because models are copied with everything that they hold."""
        return self

    def __deepcopy__(self, _: Any) -> "StatusCallbackHandler":
        """Return this handler, for the same reason."""
        return self

    @never_raise
    def on_chain_start(
        self, /, serialized: Any, inputs: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """Begin the run of a chain, a graph or a node of a graph."""
        self._begin(run_id, parent_run_id, about, name=about.get("name"))
        if isinstance(inputs, Command) and inputs.resume is not None:
            self._runs.answered(run_id)

    @never_raise
    def on_chain_end(self, /, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """End the run of a chain or graph. An interrupted graph ends like any other, but waits for the user."""
        self._untitled.discard(run_id)
        self._runs.end(run_id)

    @never_raise
    def on_chain_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the run of a chain that has failed, was cancelled or asks the user."""
        self._untitled.discard(run_id)
        self._end_with_error(run_id, error)

    @never_raise
    def on_chat_model_start(
        self, /, serialized: Any, messages: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """Begin the run of a chat model."""
        self._think(run_id, parent_run_id, about)

    @never_raise
    def on_llm_start(
        self, /, serialized: Any, prompts: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """Begin the run of a text completion model."""
        self._think(run_id, parent_run_id, about)

    @never_raise
    def on_llm_new_token(self, /, token: Any, *, run_id: UUID, **_: Any) -> None:
        """Show the call as streaming from its first piece of text. A piece of a tool call has no text."""
        if run_id not in self._writing and _has_text(token):
            self._show_streaming(run_id)

    @never_raise
    def on_stream_event(self, /, event: Any, *, run_id: UUID, **_: Any) -> None:
        """Handle a token in the newer protocol."""
        if run_id not in self._writing and _has_text([event.get("delta")]):
            self._show_streaming(run_id)

    @never_raise
    def on_llm_end(self, /, response: Any, *, run_id: UUID, **_: Any) -> None:
        """Count the tokens of a model call, and end its run."""
        self._writing.discard(run_id)
        if (session := self._runs.session(run_id)) is not None:
            used = _usage(response)
            session.add_usage(input=used[0], output=used[1])
        self._runs.end(run_id)

    @never_raise
    def on_llm_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the run of a model call that has failed."""
        self._writing.discard(run_id)
        self._end_with_error(run_id, error)

    @never_raise
    def on_tool_start(
        self, /, serialized: Any, input_str: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """Begin the run of a tool."""
        self._begin(run_id, parent_run_id, about)
        if (session := self._runs.session(run_id)) is not None:
            self._tools[run_id] = session
            session.tool_start(str(about.get("name") or (serialized or {}).get("name") or ""), run_id)

    @never_raise
    def on_tool_end(self, /, output: Any, *, run_id: UUID, **_: Any) -> None:
        """End the run of a tool."""
        self._end_tool(run_id)
        self._runs.end(run_id)

    @never_raise
    def on_tool_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the run of a tool that has failed, was cancelled or asks the user."""
        self._end_tool(run_id)
        self._end_with_error(run_id, error)

    @never_raise
    def on_retriever_start(
        self, /, serialized: Any, query: Any, *, run_id: UUID, parent_run_id: UUID | None = None, **about: Any
    ) -> None:
        """Begin the run of a retriever, which may call a model."""
        self._begin(run_id, parent_run_id, about)

    @never_raise
    def on_retriever_end(self, /, documents: Any, *, run_id: UUID, **_: Any) -> None:
        """End the run of a retriever."""
        self._runs.end(run_id)

    @never_raise
    def on_retriever_error(self, /, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the run of a retriever that has failed or was cancelled."""
        self._end_with_error(run_id, error)

    @never_raise
    def on_interrupt(self, /, event: Any) -> None:
        """Show that a graph waits for the user, by an interrupt or at a breakpoint."""
        self._runs.ask(event.run_id)

    def _begin(self, run: UUID, parent: UUID | None, about: dict[str, Any], name: str | None = None) -> None:
        metadata = about.get("metadata") or {}
        title = None if name is None or name.startswith(UNNAMED) else name
        parent = parent or _parent_in_context()
        if self._runs.begin(run, parent=parent, session_id=metadata.get("thread_id"), title=title):
            if title is None and name is not None:
                self._untitled.add(run)
        elif parent in self._untitled:
            self._untitled.discard(parent)
            if metadata.get("langgraph_triggers") == ENTRY and (session := self._runs.session(run)) is not None:
                session.title = session.title or title

    def _think(self, run: UUID, parent: UUID | None, about: dict[str, Any]) -> None:
        self._begin(run, parent, about)
        if (session := self._runs.session(run)) is not None:
            session.thinking()

    def _show_streaming(self, run: UUID) -> None:
        if (session := self._runs.session(run)) is not None:
            self._writing.add(run)
            session.streaming()

    def _end_tool(self, run: UUID) -> None:
        """End a tool call. After the last one in a session, the agent is thinking again."""
        shown = self._tools.pop(run, None)
        if shown is not None and (session := self._runs.session(run)) is not None:
            session.tool_end(run)
            if shown not in list(self._tools.values()):
                session.thinking()

    def _end_with_error(self, run: UUID, error: BaseException) -> None:
        if isinstance(error, GraphInterrupt):
            self._runs.ask(run)
            self._runs.end(run)
        elif isinstance(error, LEFT):
            self._runs.end(run)  # a question that was asked before stays open in the thread
        else:
            self._runs.end(run, None if isinstance(error, GraphDrained) else error)


class Installed:
    """The handler for runs that have none. LangChain expects a context variable, so this object behaves like one."""

    handler: StatusCallbackHandler | None = None
    is_known = False

    def get(self) -> StatusCallbackHandler | None:
        """Return the current handler."""
        return self.handler


_installed = Installed()


def install(publisher: StatusPublisher | None) -> None:
    """Show every run in this process, on the dashboard of this publisher only. None stops that."""
    _installed.handler = None if publisher is None else StatusCallbackHandler(publisher)
    if not _installed.is_known:
        _installed.is_known = True
        variable = cast("ContextVar[Any]", _installed)
        register_configure_hook(variable, inheritable=True, handle_class=StatusCallbackHandler)


def _parent_in_context() -> UUID | None:
    """Return the run around this one, when a config of its own replaced the callbacks. Fallbacks have such a config."""
    config = var_child_runnable_config.get() or {}
    return getattr(config.get("callbacks"), "parent_run_id", None)


def _has_text(token: Any) -> bool:
    """Return True for a piece of text for the user: a string, or content blocks with text among them."""
    if isinstance(token, list):
        return any(isinstance(block, dict) and block.get("type") in TEXT and bool(block.get("text")) for block in token)
    return bool(token)


def _usage(response: Any) -> tuple[int, int]:
    """Return the tokens of one call: those of its message, or the client's total for the whole batch."""
    for generation in response.generations[0] if response.generations else ():
        used = getattr(getattr(generation, "message", None), "usage_metadata", None)
        if used:
            return used.get("input_tokens") or 0, used.get("output_tokens") or 0
    used = (response.llm_output or {}).get("token_usage") or {}
    return used.get("prompt_tokens") or 0, used.get("completion_tokens") or 0
