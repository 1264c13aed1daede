"""The callback handler: what the callbacks of a run mean for its session."""

import weakref
from asyncio import CancelledError
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.key import Subagents, wants_sessions
from agent_status_publisher.integrations.langchain.about import (
    agent_of,
    has_text,
    is_graph,
    reason_of,
    title_of,
    usage_of,
)
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

LEFT: Final = (CancelledError, GeneratorExit)
"""Exceptions that end a run whose caller has left it: its task is cancelled, or its stream is closed early."""
ENTRY: Final = ("__start__",)
"""The trigger of the one node of an `@entrypoint`, which has its function's name. No other graph has such a node."""


class SharedRuns:
    """The runs that all handlers of one publisher share. A run that two handlers receive is counted once."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self.runs = Runs(publisher, "langchain")
        self.tools: dict[UUID, Session] = {}
        self.calls: dict[UUID, object] = {}  # the model's own ids of these tool calls
        self.writing: set[UUID] = set()
        self.untitled: set[UUID] = set()


_shared_runs: "weakref.WeakValueDictionary[StatusPublisher, SharedRuns]" = weakref.WeakValueDictionary()


class StatusCallbackHandler(Handler):
    """The callback handler that shows each run whose callbacks include it.

    Args:
        publisher: The publisher of the sessions.
        subagents: `tool` or `sessions`: what a graph inside a tool is.
    """

    run_inline = True  # otherwise async agents call the handler from threads, in any order

    def __init__(self, publisher: StatusPublisher, *, subagents: Subagents = "tool") -> None:
        shared = _shared_runs.get(publisher)
        if shared is None:
            shared = _shared_runs.setdefault(publisher, SharedRuns(publisher))
        self._shared = shared
        self._runs, self._tools, self._writing = shared.runs, shared.tools, shared.writing
        self._untitled, self._calls = shared.untitled, shared.calls
        self._has_children = wants_sessions(publisher, subagents)
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
        self._runs.label(run_id, agent=agent_of(about))
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
        if run_id not in self._writing and has_text(token):
            self._show_streaming(run_id)

    @never_raise
    def on_stream_event(self, /, event: Any, *, run_id: UUID, **_: Any) -> None:
        """Handle a token in the newer protocol."""
        if run_id not in self._writing and has_text([event.get("delta")]):
            self._show_streaming(run_id)

    @never_raise
    def on_llm_end(self, /, response: Any, *, run_id: UUID, **_: Any) -> None:
        """Count the tokens of a model call, and end its run."""
        self._writing.discard(run_id)
        if (session := self._runs.session(run_id)) is not None:
            used = usage_of(response)
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
            self._calls[run_id] = about.get("tool_call_id") or run_id
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
        self._runs.ask(event.run_id, reason_of(event.interrupts))

    def _begin(self, run: UUID, parent: UUID | None, about: dict[str, Any], name: str | None = None) -> None:
        metadata = about.get("metadata") or {}
        title = title_of(name)
        parent = parent or _parent_in_context()
        is_child = self._has_children and name is not None and is_graph(about)
        child = self._calls.get(parent) if is_child and parent is not None else None
        if self._runs.begin(run, parent=parent, session_id=metadata.get("thread_id"), title=title, child=child):
            if title is None and name is not None:
                self._untitled.add(run)
        elif parent in self._untitled:
            self._untitled.discard(parent)
            if metadata.get("langgraph_triggers") == ENTRY and (session := self._runs.session(run)) is not None:
                session.title = session.title or title

    def _think(self, run: UUID, parent: UUID | None, about: dict[str, Any]) -> None:
        self._begin(run, parent, about)
        if (session := self._runs.session(run)) is not None:
            if session not in list(self._tools.values()):  # else it may be the model of an agent in a tool
                self._runs.label_around(run, model=(about.get("metadata") or {}).get("ls_model_name"))
            session.thinking()

    def _show_streaming(self, run: UUID) -> None:
        if (session := self._runs.session(run)) is not None:
            self._writing.add(run)
            session.streaming()

    def _end_tool(self, run: UUID) -> None:
        """End a tool call. After the last one in a session, the agent is thinking again."""
        self._calls.pop(run, None)
        shown = self._tools.pop(run, None)
        if shown is not None and (session := self._runs.session(run)) is not None:
            session.tool_end(run)
            if shown not in list(self._tools.values()):
                session.thinking()

    def _end_with_error(self, run: UUID, error: BaseException) -> None:
        if isinstance(error, GraphInterrupt):
            self._runs.ask(run, reason_of(error.args[0] if error.args else ()))
            self._runs.end(run)
        elif isinstance(error, LEFT):
            self._runs.end(run, None if self._runs.asks(run) else error)  # a question stays open in the thread
        else:
            self._runs.end(run, None if isinstance(error, GraphDrained) else error)


def _parent_in_context() -> UUID | None:
    """Return the run around this one, when a config of its own replaced the callbacks. Fallbacks have such a config."""
    config = var_child_runnable_config.get() or {}
    return getattr(config.get("callbacks"), "parent_run_id", None)
