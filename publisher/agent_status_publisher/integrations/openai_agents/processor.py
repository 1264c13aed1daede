"""The trace processor of the OpenAI Agents SDK: traces, and the runs in them."""

import sys
from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from agents import TracingProcessor, get_current_trace
from agents.tracing import get_trace_provider
from agents.tracing.traces import NoOpTrace

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.integrations.key import Subagents, wants_sessions
from agent_status_publisher.integrations.openai_traces import Place, Seen, Watched, traces_of
from agent_status_publisher.worker.never_raise import never_raise

UNNAMED: Final = "Agent workflow"  # the SDK's name for a workflow without a name
MODELS: Final = {"generation", "response"}
ROOTS: Final = {"task", "agent"}
"""The kinds of the outermost span of a run. Without spans of tasks, it is the agent's."""
UNTRACED: Final = (
    "no run of the OpenAI Agents SDK is shown: tracing is disabled in this process (OPENAI_AGENTS_DISABLE_TRACING or "
    "set_tracing_disabled); enable it and use set_trace_processors([status]), which exports nothing, or use StatusHooks"
)
MAX_SPANS: Final = 1000  # open spans of one trace, which may last as long as the process

R = TypeVar("R")


_watched: ContextVar[Watched | None] = ContextVar("agent_status_openai_watched", default=None)


class StatusTraceProcessor(TracingProcessor):
    """Trace processor for `agents.add_trace_processor()`.

    Args:
        publisher: The publisher of the sessions.
        subagents: `tool` or `sessions`: what an agent inside a tool is.
    """

    def __init__(self, publisher: StatusPublisher, *, subagents: Subagents = "tool") -> None:
        self._has_children = wants_sessions(publisher, subagents)
        self._traces = traces_of(publisher)
        self._runs, self._seen, self._streamed = self._traces.runs, self._traces.seen, self._traces.streamed
        self.report = self._runs.report
        self._check_tracing()

    async def run(self, run: Awaitable[R]) -> R:
        """Await `Runner.run(...)` and return its result, which shows whether a tool waits for approval."""
        self._check_tracing()
        watched, around = Watched(), _watched.get()
        _watched.set(watched)
        try:
            result = await run
        except BaseException as error:
            self._leave(watched, error)
            raise
        finally:
            _watched.set(around)
        self._leave(watched, None, result)
        return result

    def stream(self, result: Any) -> AsyncIterator[Any]:
        """Iterate over the events of `Runner.run_streamed(...)`, exactly as `result.stream_events()` yields them."""
        self._check_tracing()
        return self._stream(result, self._expect(result))

    @never_raise
    def on_trace_start(self, trace: Any) -> None:
        """Note that a workflow begins, which is one run or several."""
        around = get_current_trace()
        parent = None if around is None else self._seen.get(around.trace_id)
        name = None if trace.name == UNNAMED else trace.name
        self._open(trace, trace.trace_id, None if parent is None else parent.run, name)

    @never_raise
    def on_trace_end(self, trace: Any) -> None:
        """Note that a trace has ended, normally or by the exception that is being raised."""
        seen = self._seen.get(trace.trace_id)
        if seen is not None and seen.owner is self and seen.run == trace.trace_id:
            self._close(trace.trace_id, seen)

    @never_raise
    def on_span_start(self, span: Any) -> None:
        """Note that a step of the workflow begins."""
        kind = span.span_data.type
        seen = self._seen.get(span.trace_id) or self._resumed(span, kind)
        if seen is None or seen.owner is not self:
            return
        place = self._place(seen, span, kind)
        if len(seen.spans) < MAX_SPANS:
            seen.spans[span.span_id] = place._replace(is_own=place.is_own and kind != "guardrail")
        session = self._runs.session(place.run)
        if session is None:
            return
        if kind == "function":
            seen.tools[span.span_id] = place.run
            session.tool_start(span.span_data.name, span.span_id)
        elif kind == "turn" or kind in MODELS:
            self._name_model(place, span.span_data)
            session.thinking()
        elif kind == "task" and place.tool is None:
            self._runs.answered(place.run)
        elif kind == "agent" and place.is_own:
            self._name(seen, place.run, span.span_data.name)

    @never_raise
    def on_span_end(self, span: Any) -> None:
        """Note that a span has ended."""
        kind = span.span_data.type
        seen = self._seen.get(span.trace_id)
        if seen is None or seen.owner is not self:
            return
        place = seen.spans.pop(span.span_id, None) or seen.place(span)
        if span.span_id == seen.run:
            self._close(span.trace_id, seen)
        elif span.span_id in seen.children:
            error = sys.exception()
            self._end_child(seen, span.span_id, None if error is seen.before else error)
        elif span.span_id in seen.tools:
            run = seen.tools.pop(span.span_id)
            if session := self._runs.session(run):
                session.tool_end(span.span_id)
                if run not in seen.tools.values():  # the model is next
                    session.thinking()
        elif kind in MODELS or (kind == "turn" and place[:2] == (seen.run, None)):
            self._name_model(place, span.span_data)
            self._use(seen, place.run, span.span_data)

    def shutdown(self) -> None:
        """Do nothing: the publisher closes by itself."""

    def force_flush(self) -> None:
        """Do nothing: the publisher has its own flush."""

    @never_raise
    def _check_tracing(self) -> None:
        """Report once that tracing is disabled in this process. The SDK then makes traces that reach no processor."""
        if isinstance(get_trace_provider().create_trace("agent_status"), NoOpTrace):
            self.report(InvalidCallError(UNTRACED))

    def _open(self, trace: Any, run: str, parent: str | None, title: str | None) -> Seen | None:
        known = self._seen.get(trace.trace_id)
        if known is not None and known.owner is not self and run in self._runs:
            return None
        session_id = getattr(trace, "group_id", None) or trace.trace_id
        is_outermost = self._runs.begin(run, parent=parent, session_id=session_id, title=title)
        if run not in self._runs:
            return None
        watched = _watched.get()
        seen = self._seen[trace.trace_id] = Seen(run, self, is_unnamed=is_outermost and title is None)
        if watched is not None and watched.seen is None:
            watched.seen, seen.is_watched = seen, True
        return seen

    def _resumed(self, span: Any, kind: str) -> Seen | None:
        """Follow a run that resumes in the process in which it waited. The SDK reports only its spans."""
        trace = get_current_trace()
        if trace is None or span.parent_id or kind not in {"task", "agent"}:
            return None
        return self._open(trace, span.span_id, None, None) if trace.trace_id == span.trace_id else None

    def _place(self, seen: Seen, span: Any, kind: str) -> Place:
        """Return where a span is. An agent inside a tool begins a session, where that is asked for."""
        place, run = seen.place(span), span.span_id
        if not (self._has_children and place.tool is not None and kind in ROOTS):
            return place
        self._runs.begin(run, parent=place.run, child=place.tool)
        if run not in self._runs:
            return place
        seen.begin_child(run)
        return Place(run)

    def _name(self, seen: Seen, run: str, name: str) -> None:
        """Name a session after the agent that is at work, which a handoff changes. The first one is the title."""
        self._runs.label(run, agent=name)
        if run in seen.unnamed and (session := self._runs.session(run)):
            session.title = session.title or name
            seen.unnamed.discard(run)

    def _name_model(self, place: Place, data: Any) -> None:
        """Label a session with the model of its own call, as soon as its span says which one that is."""
        model = getattr(data, "model", None) or getattr(getattr(data, "response", None), "model", None)
        if place.is_own and model:
            self._runs.label(place.run, model=model)

    def _end_child(self, seen: Seen, run: str, error: BaseException | None) -> None:
        seen.end_child(run)
        self._runs.end(run, error)

    def _close(self, trace_id: str, seen: Seen) -> None:
        del self._seen[trace_id]
        for run in list(reversed(seen.children)):  # a cancelled tool ends after its trace
            self._end_child(seen, run, CancelledError())
        result = self._streamed.pop(trace_id, None)
        if not seen.is_watched:
            error = sys.exception()
            asks = result is not None and bool(result.interruptions)
            self._runs.end(seen.run, None if error is seen.before else error, asks=asks, reason="approval")

    @never_raise
    def _leave(self, watched: Watched, error: BaseException | None, result: Any = None) -> None:
        asks = bool(getattr(result, "interruptions", None))
        if watched.seen is not None:
            self._runs.end(watched.seen.run, error, asks=asks, reason="approval")
        elif asks:
            self._ask(_trace_id(None))

    def _ask(self, trace_id: str | None) -> None:
        """Note that a run has ended with interruptions, while its trace continues."""
        if seen := self._seen.get(trace_id or ""):
            self._runs.ask(seen.run, "approval")

    @never_raise
    def _expect(self, result: Any) -> str | None:
        """Remember a streamed result that has its own trace, and return the id of its trace."""
        if result.trace is not None:
            self._streamed[result.trace.trace_id] = result
        return _trace_id(result.trace)

    async def _stream(self, result: Any, trace_id: str | None) -> AsyncIterator[Any]:
        events, is_writing = result.stream_events(), False
        try:
            async for event in events:
                is_writing = self._hear(event, trace_id, is_writing=is_writing) or False
                yield event
        finally:
            if (close := getattr(events, "aclose", None)) is not None:
                await close()
            if getattr(result, "trace", None) is None and getattr(result, "interruptions", None):
                self._ask(trace_id)  # the run was one of several in a trace

    @never_raise
    def _hear(self, event: Any, trace_id: str | None, *, is_writing: bool) -> bool:
        """Note one event, which must be cheap; return True while the model writes its answer."""
        if event.type != "raw_response_event":
            return is_writing
        if is_writing or event.data.type != "response.output_text.delta":
            return is_writing and event.data.type != "response.completed"
        seen = self._seen.get(trace_id or "")
        if seen is not None and seen.run not in seen.tools.values() and (session := self._runs.session(seen.run)):
            session.streaming()
        return True

    def _use(self, seen: Seen, run: str, data: Any) -> None:
        """Add the tokens of a model call or of a turn, none twice."""
        tally = seen.tallies.get(run)
        if tally is None:
            return
        with self._traces.lock:
            used = tally.add(data.usage or {}, is_turn=data.type == "turn")
            if run != seen.run:
                seen.tallies[seen.run].leave_out(used)
            self._runs.add_usage(run, input=used[0], output=used[1])


def _trace_id(trace: Any) -> str | None:
    """Return the id of this trace, or of the caller's current one."""
    trace = get_current_trace() if trace is None else trace
    return None if trace is None else str(trace.trace_id)
