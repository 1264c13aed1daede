"""A replay of recorded spans into a span follower, as the SDK would pass them on, and what is shown after each."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from agent_status_publisher.integrations.spans.follower import follower_of
from agent_status_publisher.testing import Change, RecordingPublisher

FOLDER: Final = Path(__file__).parent
TRACE: Final = 0xA0000
"""What is added to the recorded numbers of traces, so that they are not the numbers of spans."""


@dataclass
class Row:
    """What one session showed: its states after each event, its newest title, its tokens, and its labels' names."""

    key: str
    states: list[str] = field(default_factory=list)
    title: str | None = None
    tokens: tuple[int, int] = (0, 0)
    labels: set[str] = field(default_factory=set)

    def add(self, change: Change | None) -> None:
        """Take what is shown now; None when the session has ended."""
        state = "end" if change is None else _state_of(change)
        if change is not None:
            self.title = change.title or self.title
            self.labels.update(change.labels)
            self.tokens = max(self.tokens, (change.input_tokens, change.output_tokens))
        if self.states[-1:] != [state]:
            self.states.append(state)


def _state_of(change: Change) -> str:
    detail = change.tool_name if change.state == "tool_running" else change.error_message
    return f"{change.state}" if detail is None else f"{change.state} {detail}"


def replay(recording: str, scenario: str) -> list[Row]:
    """The rows that one scenario of `RECORDING.json` makes, in the order of their beginning."""
    return play(scenarios(recording)[scenario])


def scenarios(recording: str) -> dict[str, list[list[Any]]]:
    """The events of each scenario of `RECORDING.json`."""
    read: dict[str, list[list[Any]]] = json.loads((FOLDER / f"{recording}.json").read_text("utf-8"))["scenarios"]
    return read


def play(events: list[list[Any]], publisher: RecordingPublisher | None = None, *, processors: int = 1) -> list[Row]:
    """The rows that these events make, if so many processors pass them on. Nothing may be ignored."""
    publisher = publisher or RecordingPublisher().start()
    followers = [follower_of(publisher) for _ in range(processors)]
    rows: dict[str, Row] = {}
    spans: dict[int, Any] = {}
    for kind, number, *about in events:
        if kind == "start":
            spans[number] = span = _span(number, about, spans)
            for follower in followers:
                follower.start(span, partial(spans.get, about[0]))
        elif kind == "set":
            spans[number].attributes.update(about[0])
        else:
            _end(spans[number], *about)
            for follower in followers:
                follower.end(spans[number])
        for change in publisher.changes:
            rows.setdefault(change.session_key, Row(change.session_key))
        for key, row in rows.items():
            row.add(publisher.sessions.get(key))
    assert publisher.errors == []
    return list(rows.values())


def _span(number: int, about: list[Any], spans: dict[int, Any]) -> Any:
    parent, trace, scope, name, attributes = about
    span = SimpleNamespace(
        name=name,
        attributes=dict(attributes),
        context=SimpleNamespace(span_id=number, trace_id=TRACE + trace),
        parent=spans[parent].context if parent in spans else None,
        instrumentation_scope=SimpleNamespace(name=scope),
        status=SimpleNamespace(status_code=SimpleNamespace(name="UNSET"), description=None),
        events=(),
        is_over=False,
    )
    span.is_recording = lambda: not span.is_over
    return span


def _end(
    span: Any, status: str = "UNSET", description: str | None = None, raised: list[dict[str, str]] | None = None
) -> None:
    span.status = SimpleNamespace(status_code=SimpleNamespace(name=status), description=description)
    span.events = [SimpleNamespace(name="exception", attributes=attributes) for attributes in raised or ()]
    span.is_over = True
