"""A publisher for users' own tests, which connects to nothing and records every change.

publisher = RecordingPublisher()
run_my_agent(publisher)
assert publisher.states("websocket:abc") == ["thinking", "tool_running", "streaming", None]
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.contract.details.details import WaitingFor
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.details.labels import Labels, united
from agent_status_publisher.contract.report import SessionState
from agent_status_publisher.contract.text import ErrorText
from agent_status_publisher.errors import PublisherError
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.sessions.outbox import Draft, Identity, Outbox
from agent_status_publisher.worker.sessions.run import Run
from agent_status_publisher.worker.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of what a session shows. `state` is None when the session has ended, and `outcome` says how.

    `input_tokens` and `output_tokens` are the totals of the session's current run. `labels` are its own and
    those of its worker. `context` is a pair of used tokens and the window, and `progress` one of done steps and all.
    """

    session_key: str
    state: SessionState | None
    tool_name: str | None = None
    title: str | None = None
    error_message: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    parent: str | None = None
    link: str | None = None
    waiting_for: WaitingFor | None = None
    context: tuple[int, int] | None = None
    cost_usd: float | None = None
    progress: tuple[int, int] | None = None
    outcome: Outcome | None = None


class RecordingPublisher(StatusPublisher):
    """A `StatusPublisher` without its thread. It has the same calls and rules, and nothing leaves the process.

    Attributes:
        errors: The errors that a real publisher would have reported.
    """

    def __init__(
        self,
        *,
        max_concurrent: int | None = None,
        labels: Mapping[str, str] | None = None,
        error_text: ErrorText | None = None,
    ) -> None:
        self.errors: list[PublisherError] = []
        self._changes: list[Change] = []
        super().__init__(
            "redis://localhost",
            max_concurrent=max_concurrent,
            labels=labels,
            on_error=self.errors.append,
            error_text=error_text,
        )

    @property
    def changes(self) -> list[Change]:
        """All changes in order, over all starts of this publisher."""
        return list(self._changes)

    @property
    def sessions(self) -> dict[str, Change]:
        """The newest change of each open session, by session key."""
        newest = {change.session_key: change for change in self._changes}
        return {key: change for key, change in newest.items() if change.state is not None}

    def states(self, session_key: str) -> list[SessionState | None]:
        """Return the states that one session went through, in order."""
        states = [change.state for change in self._changes if change.session_key == session_key]
        return [state for index, state in enumerate(states) if index == 0 or state != states[index - 1]]

    def close(self) -> None:
        """End the open sessions, as a real publisher does. Those in error stay."""
        worker = self._newest()
        if worker is not None and not worker.gone:
            worker.outbox.draft(left=True)
        super().close()

    def _make_worker(self) -> Worker:
        worker = _RecordingWorker(self._settings, self._reporter, None, time.monotonic, self._error_text)
        worker.outbox.changes = self._changes
        return worker


class _RecordingOutbox(Outbox):
    """An outbox that records the difference to the sessions shown before, at each change."""

    def __init__(
        self, identity: Identity, settings: Settings, clock: Callable[[], float], on_news: Callable[[], None]
    ) -> None:
        super().__init__(identity, settings, clock, on_news)
        self.changes: list[Change] = []
        self._shown: dict[str, Change] = {}

    def draft(self, *, left: bool = False) -> Draft:
        """Draft a report, and record the sessions that a goodbye ends."""
        draft = super().draft(left=left)
        self._record()
        return draft

    def _note_change(self) -> None:
        super()._note_change()
        self._record()

    def _record(self) -> None:
        shown = {run.key: _change_of(run, self.settings.labels) for run in self.runs()}
        gone_keys = [key for key in self._shown if key not in shown]
        ends = self._ends.copy() if gone_keys else {}
        gone = [
            Change(session_key=key, state=None, outcome=ends[key].outcome if key in ends else None) for key in gone_keys
        ]
        self.changes += gone + [change for key, change in shown.items() if change != self._shown.get(key)]
        self._shown = shown


def _change_of(run: Run, labels_of_worker: Labels) -> Change:
    return Change(
        session_key=run.key,
        state=run.state,
        tool_name=run.tool,
        title=run.title,
        error_message=run.error,
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        labels=dict(united(run.details.labels, labels_of_worker)),
        parent=run.details.parent,
        link=run.details.link,
        waiting_for=run.details.waiting_for,
        context=run.details.context,
        cost_usd=run.details.cost_usd,
        progress=run.details.progress,
    )


class _RecordingWorker(Worker):
    outbox_type = _RecordingOutbox
    outbox: _RecordingOutbox
