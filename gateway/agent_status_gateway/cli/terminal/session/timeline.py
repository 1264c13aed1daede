"""Pure: what each session did while this terminal watched. Moments are monotonic seconds.

The page keeps the same for 15 minutes (`dashboard/page/history.js`). Both are held to the same cases,
`tests/unit/golden/timeline.json`.

Rule 1. A state begins when the snapshot says so, even before the terminal watched. The time before that is unknown.
Rule 2. A state lasts until the next one begins, or until its session or the stream is gone. After that it goes on
        without a gap only if its beginning proves it.
Rule 3. The newest MAX_SPANS of a session are kept, and fewer in a large fleet. Of the sessions that are gone, the
        newest MAX_GONE are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agent_status_gateway.cli.terminal.presentation import STATE_LABELS, duration
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import SessionStateName, SessionStatus, Snapshot

MAX_SPANS: Final = 100
"""Maximum spans of one session."""
MAX_ALL_SPANS: Final = 100_000
"""Maximum spans of all open sessions, if each has the same number. The newest one of each is always kept."""
MAX_GONE: Final = 1000
"""Maximum sessions that are kept after they are gone."""
SLACK_SECONDS: Final = 1.5
"""Seconds by which two snapshots may differ about the beginning of the same state, since events travel."""


@dataclass(slots=True, kw_only=True)
class Span:
    """Time in one state.

    Attributes:
        ended_at: The moment of its end; None while it goes on.
    """

    state: SessionStateName
    tool_name: str | None
    began_at: float
    ended_at: float | None = None


class Timelines:
    """Spans of all sessions that were seen."""

    def __init__(self) -> None:
        self._open: dict[str, list[Span]] = {}
        self._gone: dict[str, list[Span]] = {}  # the first one first

    def of(self, key: str) -> Sequence[Span]:
        """Spans of one session, the oldest first."""
        return self._open.get(key) or self._gone.get(key) or ()

    def see(self, snapshot: Snapshot, at: float) -> None:
        """Take the whole snapshot of a moment."""
        rows = snapshot["sessions"]
        most = max(1, min(MAX_SPANS, MAX_ALL_SPANS // max(1, len(rows))))
        before, self._open = self._open, {}
        for row in rows:
            key = row["session_key"]
            spans = before.pop(key, None) or self._gone.pop(key, None) or []
            _see(spans, row, at)
            del spans[:-most]
            self._open[key] = spans
        for key, spans in before.items():
            _stop(spans, at)
            self._gone[key] = spans
        for key in list(self._gone)[: max(0, len(self._gone) - MAX_GONE)]:
            del self._gone[key]

    def lose(self, at: float) -> None:
        """Note that the stream was lost at this moment: what sessions do from then on is unknown."""
        for spans in self._open.values():
            _stop(spans, at)


def lines_of(spans: Sequence[Span], now: float, clock: Callable[[float], str]) -> list[tuple[str, str]]:
    """Times and words of spans, the newest first. `clock` gives the time of day of a moment."""
    return [(_times(span, clock), f"{_words(span)}, {_lasts(span, now)}") for span in reversed(spans)]


def _see(spans: list[Span], row: SessionStatus, at: float) -> None:
    began_at = at - row["duration_seconds"]
    last = spans[-1] if spans else None
    if last is not None:
        is_same = (last.state, last.tool_name) == (row["state"], row["tool_name"])
        if is_same and began_at <= last.began_at + SLACK_SECONDS:
            last.ended_at = None
            return
        if last.ended_at is None:
            last.ended_at = max(last.began_at, began_at)
        began_at = max(began_at, last.ended_at)
    spans.append(Span(state=row["state"], tool_name=row["tool_name"], began_at=began_at))


def _stop(spans: list[Span], at: float) -> None:
    if spans and spans[-1].ended_at is None:
        spans[-1].ended_at = max(spans[-1].began_at, at)


def _times(span: Span, clock: Callable[[float], str]) -> str:
    return f"{clock(span.began_at)} to {'now' if span.ended_at is None else clock(span.ended_at)}"


def _words(span: Span) -> str:
    tool = plain(span.tool_name or "") if span.state == "tool_running" else ""
    return f"running {tool}" if tool else STATE_LABELS[span.state]


def _lasts(span: Span, now: float) -> str:
    return duration((now if span.ended_at is None else span.ended_at) - span.began_at)
