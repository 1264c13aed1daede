"""Through CrewAI's own event bus, which has a loop of its own for handlers like ours: that is in the times, too.

Its own handlers, which write to the console, are off the bus during the measurement.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.crewai import StatusListener
from bench.turns import Play

os.environ["HOME"] = tempfile.mkdtemp(prefix="crewai-")  # it keeps state there, from its import on
os.environ["CREWAI_DISABLE_TELEMETRY"] = os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

from crewai.events import (
    CrewKickoffCompletedEvent,
    CrewKickoffStartedEvent,
    LLMCallCompletedEvent,
    LLMCallStartedEvent,
    LLMStreamChunkEvent,
    ToolUsageFinishedEvent,
    ToolUsageStartedEvent,
    crewai_event_bus,
)
from crewai.events.types.llm_events import LLMCallType

PACKAGE: Final = "crewai"
EVENTS: Final = 8
HEARD: Final = (
    CrewKickoffStartedEvent,
    CrewKickoffCompletedEvent,
    LLMCallStartedEvent,
    LLMCallCompletedEvent,
    ToolUsageStartedEvent,
    ToolUsageFinishedEvent,
)
NOW: Final = datetime.now(tz=UTC)
OUTPUT: Final = SimpleNamespace(raw="Hello")
USED: Final = {"prompt_tokens": 500, "completion_tokens": 100}
FLUSH_TURNS: Final = 20
"""The bus refuses nothing, and a queue without end would be another measurement."""


class Crew:
    """Whose events they are."""

    id = "42"
    name = "Workers"


def player(publisher: StatusPublisher | None) -> Play:
    return _player(lambda: None if publisher is None else StatusListener(publisher))


def idle_player() -> Play:
    """With a handler of the same kind that does nothing: the rest is the bus's."""

    async def nothing(source: Any, event: Any) -> None:
        pass

    def listen() -> None:
        for kind in HEARD:
            crewai_event_bus.on(kind)(nothing)

    return _player(listen)


def _player(listen: Callable[[], object]) -> Play:
    def play(turns: int, tokens: int) -> None:
        crew = Crew()
        with crewai_event_bus.scoped_handlers():
            listen()
            for turn in range(turns):
                for event in _turn(tokens):
                    crewai_event_bus.emit(crew, event)
                if turn % FLUSH_TURNS == 0 or turn == turns - 1:
                    crewai_event_bus.flush()

    return play


def _turn(tokens: int) -> Iterator[Any]:
    tool = {"tool_name": "bash", "tool_args": {}}
    answered = {"call_id": "1", "response": "", "call_type": LLMCallType.LLM_CALL, "usage": USED}
    yield CrewKickoffStartedEvent(crew_name="Workers", inputs=None)
    yield LLMCallStartedEvent(call_id="1")
    yield LLMCallCompletedEvent(**answered)
    yield ToolUsageStartedEvent(**tool)
    yield ToolUsageFinishedEvent(**tool, started_at=NOW, finished_at=NOW, output="done")
    yield LLMCallStartedEvent(call_id="1")
    for _ in range(tokens):
        yield LLMStreamChunkEvent(call_id="1", chunk="word")
    yield LLMCallCompletedEvent(**answered)
    yield CrewKickoffCompletedEvent(crew_name="Workers", output=OUTPUT)
