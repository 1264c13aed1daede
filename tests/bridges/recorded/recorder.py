"""A recorder of what a real framework's spans say, and when: at their start, in between, and at their end."""

import asyncio
import gc
import json
import re
import sys
from collections.abc import Awaitable, Callable
from importlib import metadata
from inspect import isawaitable
from pathlib import Path
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

KEPT: Final = re.compile(
    r"kind$|operation|name$|session|conversation|thread_id|group|usage|token_count|error|observation|streaming|workflow|_ai\.\w+\.model"
)
"""The attributes that are kept, by their keys. The rest is what people and models said, or when."""
MAX_CHARACTERS: Final = 80
"""The longest attribute that is kept."""
MAX_DESCRIPTION: Final = 120
Play = Callable[[], Awaitable[Any] | Any]


class SpanRecorder(SpanProcessor):
    """Span processor that writes down each span's start, what was set since the last event, and its end."""

    def __init__(self) -> None:
        self.events: list[list[Any]] = []
        self._numbers: dict[int, int] = {}
        self._traces: dict[int, int] = {}
        self._open: dict[int, Any] = {}
        self._known: dict[int, dict[str, Any]] = {}

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Write down `["start", number, parent, trace, scope, name, attributes]`."""
        self._note_changes()
        number = self._numbers.setdefault(span.context.span_id, len(self._numbers) + 1)
        parent = 0 if span.parent is None else self._numbers.get(span.parent.span_id, 0)
        trace_number = self._traces.setdefault(span.context.trace_id, len(self._traces) + 1)
        self._open[number] = span
        self._known[number] = known = kept(span.attributes)
        scope = span.instrumentation_scope.name
        self.events.append(["start", number, parent, trace_number, scope, span.name, known])

    def on_end(self, span: Any) -> None:
        """Write down `["end", number, status, description, exceptions]`."""
        self._note_changes()
        number = self._numbers[span.context.span_id]
        self._note_change(number, span)
        self._open.pop(number, None)
        raised = [dict(event.attributes or {}) for event in span.events if event.name == "exception"]
        raised = [{key: one[key] for key in ("exception.type", "exception.message") if key in one} for one in raised]
        status = span.status
        self.events.append(["end", number, status.status_code.name, cut(status.description), raised])

    def _note_changes(self) -> None:
        for number, span in list(self._open.items()):
            self._note_change(number, span)

    def _note_change(self, number: int, span: Any) -> None:
        now = kept(span.attributes)
        if news := {key: value for key, value in now.items() if self._known[number].get(key) != value}:
            self.events.append(["set", number, news])
            self._known[number] = now


def cut(text: str | None) -> str | None:
    """The beginning of a description, without the rest of a traceback."""
    return text if text is None else text[:MAX_DESCRIPTION]


def kept(attributes: Any) -> dict[str, Any]:
    """What a bridge could read of a span."""
    return {
        key: value
        for key, value in dict(attributes or {}).items()
        if KEPT.search(key) and "cache" not in key and len(str(value)) <= MAX_CHARACTERS
    }


async def record(name: str, packages: tuple[str, ...], plays: dict[str, Play], recorder: SpanRecorder) -> None:
    """Play each scenario, and write `NAME.json` beside this file: the versions, and each scenario's events."""
    scenarios: dict[str, list[Any]] = {}
    for scenario, play in plays.items():
        recorder.events = []
        try:
            result = play()
            if isawaitable(result):
                await result
        except Exception as error:  # noqa: BLE001 - a scenario may fail, which is what its spans are about
            sys.stderr.write(f"{scenario}: {type(error).__name__}: {error}\n")
        gc.collect()  # a generator that nobody reads to its end ends its span only then
        await asyncio.sleep(0.01)
        scenarios[scenario] = recorder.events
    lines = ",\n".join(
        f'  "{scenario}": [\n' + ",\n".join(f"    {json.dumps(event)}" for event in events) + "\n  ]"
        for scenario, events in scenarios.items()
    )
    versions = json.dumps({package: metadata.version(package) for package in packages})
    path = Path(__file__).with_name(f"{name}.json")
    path.write_text(f'{{"versions": {versions}, "scenarios": {{\n{lines}\n}}}}\n', "utf-8")


def installed() -> tuple[TracerProvider, SpanRecorder]:
    """The process's tracer provider, and the recorder of its spans."""
    provider, recorder = TracerProvider(), SpanRecorder()
    provider.add_span_processor(recorder)
    trace.set_tracer_provider(provider)
    return provider, recorder
