"""The sessions that spans make.

Rule 1. The outermost agent or chain is the run. A job or a request around it is not: each agent under it is a run.
Rule 2. What a span is may be said after its start. It is judged at its start, when something begins inside it, and at
        its end.
        A tool that was known only at its end is known by its name the next time.
Rule 3. A run begins when something begins inside it, because emitters set the session's id right after the start. A
        chain with nothing inside it is shown only if it fails.
Rule 4. The run's own outcome decides how the session ends, and a question inside it that nobody has answered. A graph
        or swarm of agents fails with any of them, since Strands returns such a failure and raises nothing.
Rule 5. A conversation's id that comes late does not change the key. It tells which run asked a person before: a run
        that has the same id answers that question, and the session that waits ends.
Rule 6. A span that several processors pass on counts once: a cell of a notebook that ran twice installs two.
Rule 7. A session is never `streaming`: a model's span is the same with it and without. After its last tool, an agent is
        thinking again.
Rule 8. Where subagents are to be sessions, an agent inside a tool of an agent is a run inside the one around it. Where
        another bridge has opened the session, that bridge decides.
"""

import asyncio
import weakref
from collections.abc import Callable
from typing import Any, Final

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.integrations.spans.conventions import (
    Work,
    agent_name_of,
    cost_of,
    model_name_of,
    says_all_at_start,
    session_id_of,
    title_of,
    tokens_of,
    tool_name_of,
)
from agent_status_publisher.integrations.spans.open_span import OpenSpan
from agent_status_publisher.integrations.spans.outcome import ENDED, Outcome, is_fatal, outcome_of
from agent_status_publisher.integrations.spans.span_run import SpanRun
from agent_status_publisher.session import Session

MAX_SPANS: Final = 100_000
"""The maximum number of open spans of runs.

Spans that never end must not fill the memory, so the oldest ones are dropped as ended.
"""
MAX_ASKED: Final = 1000
"""The maximum number of waiting sessions that are remembered by a conversation's id that came late."""
MAX_LATE_TOOLS: Final = 1000
"""The maximum number of names of tools that are remembered because their spans said at the end what they were."""
NEVER_ENDS: Final = "openinference.instrumentation.smolagents"
"""The scope of an instrumentation that does not end an agent's span when a step of it raises."""
MAX_ENDED: Final = 1000
"""The maximum number of agents' spans that are remembered after their end, for a second processor that passes it on."""


class SpanFollower:
    """The follower of all spans of a process. Its caller guards the agent from what a span of another shape raises."""

    def __init__(self, publisher: StatusPublisher) -> None:
        self.has_children = False
        """True if subagents are to have sessions of their own."""
        self.runs = Runs(publisher, "opentelemetry", defers=True)
        self._open: dict[int, OpenSpan] = {}
        self._asked: dict[Any, Session] = {}
        self._ended: dict[int, None] = {}
        self._late_tools: dict[tuple[str, str], None] = {}

    def start(self, span: Any, live_parent: Callable[[], Any]) -> None:
        """Note that a span begins. `live_parent` returns the span in the context, which may not be followed yet."""
        if span.context.span_id in self._open:
            return
        parent = self._parent_of(span, live_parent)
        opened = OpenSpan(span, parent)
        if parent is None and not opened.can_be_run:
            return
        self._remember(opened)
        if parent is not None or (opened.work is Work.AGENT and self._can_begin(opened.run)):
            self._begin(opened.run)
            self._split(opened)
        if not opened.is_settled and opened.likeness in self._late_tools:
            opened.work = Work.TOOL
        if opened.changes_state:
            self._show(opened)

    def end(self, span: Any) -> None:
        """Note that a span has ended.

        The end of a model's span does not change the state. Google ADK ends it after the tools that the model called.
        """
        opened = self._open.get(span.context.span_id)
        if opened is None:
            opened = OpenSpan(span, None)
            if opened.work is not Work.AGENT or opened.number in self._ended:
                return
            self._remember(opened)  # nothing began inside it, so nobody has asked what it is before
        if not opened.is_settled:
            opened.judge(span)
        if opened.work is Work.AGENT:
            _keep(self._ended, opened.number, None, MAX_ENDED)
        outcome = outcome_of(span)
        if not opened.run.has_id:
            self._learn_id(opened.run, span)
        if opened.parent is None:
            self._end_outermost(opened, outcome)
            return
        self._open.pop(opened.number, None)
        if opened.is_root:
            self._end_run(opened.run, outcome)
            return
        self._end_work(opened, span)
        if outcome is not ENDED:
            self._end_inside(opened, outcome)

    def _parent_of(self, span: Any, live_parent: Callable[[], Any]) -> OpenSpan | None:
        """Return the followed span around this one, if any. What it is may be known only now."""
        if span.parent is None:
            return None
        parent = self._open.get(span.parent.span_id)
        if parent is not None:
            return None if parent.run.is_over else self._judged(parent)
        live = live_parent()
        if getattr(live, "attributes", None) is None or live.context.span_id != span.parent.span_id:
            return None
        parent = OpenSpan(live, None)
        if not parent.can_be_run or not live.is_recording():
            return None
        self._remember(parent)
        return parent

    def _judged(self, opened: OpenSpan) -> OpenSpan:
        """Show what an open span has become, if it has said so since."""
        before = opened.work
        if not opened.is_settled:
            opened.judge()
            if opened.work is not before and opened.parent is not None:
                self._split(opened)
                self._show(opened)
        return opened

    def _split(self, opened: OpenSpan) -> None:
        """Let an agent inside a tool be a run of its own, if subagents are to be sessions."""
        if self.has_children and opened.can_be_split and self.runs.own_session(opened.run.number) is not None:
            opened.split()
            self._begin(opened.run)

    def _can_begin(self, run: SpanRun) -> bool:
        """Return True if nothing more must be known of an agent before it is shown."""
        return self.runs.is_inside or bool(session_id_of(run.span.attributes)) or says_all_at_start(run.scope)

    def _show(self, opened: OpenSpan) -> None:
        """Show what has begun inside a run."""
        session = self.runs.session(opened.run.number)
        if session is None:
            return
        if opened.work is Work.MODEL:
            opened.run.asks = False
            self._name_model(opened, opened.span)
            session.thinking()
        elif opened.work is Work.TOOL:
            opened.run.asks = False
            opened.run.shown.add(opened.number)
            session.tool_start(tool_name_of(opened.span.name, opened.span.attributes), opened.number)
        elif opened.work is Work.AGENT and opened.run.has_session and session.title is None:
            session.title = title_of(opened.span.name, opened.span.attributes)

    def _end_work(self, opened: OpenSpan, span: Any) -> None:
        """End what a span inside a run stands for."""
        if opened.work is Work.MODEL:
            self._name_model(opened, span)
            self._count(opened, span)
        if opened.number in opened.run.shown:
            self._end_tool(opened)
        elif opened.work is Work.TOOL:
            _keep(self._late_tools, opened.likeness, None, MAX_LATE_TOOLS)

    def _end_tool(self, opened: OpenSpan) -> None:
        """End a tool call. After the last one in a run, the agent is thinking again, unless it waits for a person."""
        run = opened.run
        run.shown.discard(opened.number)
        if session := self.runs.session(run.number):
            session.tool_end(opened.number)
            if run.asks:
                session.waiting_for_user()
            elif not run.shown:
                session.thinking()

    def _name_model(self, opened: OpenSpan, span: Any) -> None:
        """Label the session with the model of a call, unless a tool or another agent has made it."""
        if opened.is_own and (model := model_name_of(span.attributes)):
            self.runs.label(opened.run.number, model=model)

    def _count(self, opened: OpenSpan, span: Any) -> None:
        """Count the tokens of a model call. An agent's span repeats their sum, and too late to be seen."""
        read, written = tokens_of(span.attributes)
        if (read or written) and opened.take_tokens():
            self.runs.add_usage(opened.run.number, input=read, output=written, usd=cost_of(span.attributes))

    def _remember(self, opened: OpenSpan) -> None:
        """Remember an open span, and drop the oldest ones if there are too many.

        A lock could deadlock in a finalizer or after a fork, so there is none. `list` copies the keys in one step.
        """
        self._open[opened.number] = opened
        if len(self._open) > MAX_SPANS:
            for oldest in list(self._open)[: MAX_SPANS // 10 or 1]:
                self._open.pop(oldest, None)
                self.runs.end(oldest)

    def _begin(self, run: SpanRun) -> None:
        """Begin a run, unless it has begun."""
        number = run.number
        if number in self.runs or number not in self._open:
            return
        session_id = session_id_of(run.span.attributes)
        run.has_id = session_id is not None or run.child is not None
        run.has_session = self.runs.begin(
            number, parent=run.around, session_id=session_id or run.own_id, child=run.child
        )
        if run.has_session and (session := self.runs.session(number)) and session.title is None:
            session.title = title_of(run.span.name, run.span.attributes)
        self.runs.label(number, agent=agent_name_of(run.span.name, run.span.attributes))
        if number not in self._open:  # another thread has ended the span since
            self.runs.end(number)

    def _end_outermost(self, opened: OpenSpan, outcome: Outcome) -> None:
        """End the run of an outermost span, unless it has ended before."""
        if not opened.run.is_over and (opened.work is Work.AGENT or (opened.can_be_run and outcome.error is not None)):
            self._begin(opened.run)
        self._open.pop(opened.number, None)
        self._end_run(opened.run, outcome)

    def _end_inside(self, opened: OpenSpan, outcome: Outcome) -> None:
        """Note what the end of a span means for its run."""
        run = opened.run
        is_step = opened.parent is not None and opened.parent.is_root
        if outcome.asks:
            run.asks = run.has_asked = True
            self.runs.ask(run.number)
        elif outcome.waits and (session := self.runs.session(run.number)):
            run.asks = True
            session.waiting_for_user("question")
        elif outcome.error is not None and is_step and run.fails_with_agents:
            run.failure = outcome.error
        elif is_step and run.scope.startswith(NEVER_ENDS) and is_fatal(outcome):
            self._end_run(run, outcome)
            run.is_over = True  # its span stays in the context, and later spans begin inside it

    def _end_run(self, run: SpanRun, outcome: Outcome) -> None:
        session = self.runs.session(run.number)
        if session is not None and run.late_id is not None and (run.has_asked or outcome.asks):
            _keep(self._asked, run.late_id, session, MAX_ASKED)
        error = outcome.error or run.failure
        if error is None and outcome.stopped and not run.has_asked:
            error = asyncio.CancelledError()
        self.runs.end(run.number, error, asks=outcome.asks)

    def _learn_id(self, run: SpanRun, span: Any) -> None:
        """Note the conversation's id of a run that has begun without one, and end the session that waits for it."""
        if run.late_id is not None or not run.has_session:
            return
        run.late_id = session_id_of(span.attributes)
        asked = None if run.late_id is None else self._asked.pop(run.late_id, None)
        session = self.runs.session(run.number)
        if asked is not None and session is not None and asked.key != session.key:
            asked.end()


def _keep(known: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Remember a value. If there are too many, forget the oldest tenth, since a copy of the keys has a cost."""
    known[key] = value
    if len(known) > most:
        for oldest in list(known)[: most // 10 or 1]:
            known.pop(oldest, None)


_followers: "weakref.WeakValueDictionary[StatusPublisher, SpanFollower]" = weakref.WeakValueDictionary()


def follower_of(publisher: StatusPublisher) -> SpanFollower:
    """Return the one follower of a publisher, which all of its span processors share."""
    follower = _followers.get(publisher)
    return _followers.setdefault(publisher, SpanFollower(publisher)) if follower is None else follower
