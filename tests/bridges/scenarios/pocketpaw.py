"""PocketPaw's own loop and bus, with a backend of ours in place of a model; its own tracker is asked at each event."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar, Final

from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.integrations.pocketpaw import bridge
from agent_status_publisher.testing import RecordingPublisher

os.environ["POCKETPAW_AGENT_BACKEND"] = "scripted"

from pocketpaw.agents.loop import AgentLoop
from pocketpaw.agents.protocol import AgentEvent
from pocketpaw.agents.registry import register_backend
from pocketpaw.bus import get_message_bus
from pocketpaw.bus.events import Channel, InboundMessage, SystemEvent
from pocketpaw.lifecycle import reset_all
from pocketpaw.status import StatusTracker
from pocketpaw.tools.builtin.delegate import DelegateToClaudeCodeTool

PACKAGES = ("pocketpaw",)
KEY: Final = "websocket:abc"
TURN_SECONDS: Final = 20

Backend = Callable[[], AsyncIterator[AgentEvent]]
COMPARED: Final = {"agent_start", "thinking", "tool_start", "tool_result", "ask_user_question"}
DIFFERENCES: Final = {
    ("thinking", "streaming"): "they do not look at the text",
    ("streaming", "tool_running"): "the other of two tools is still open",
    ("tool_running", "thinking"): "the question's own tool, right before the question",
    ("thinking", "error"): "a backend's failure is a tool's result to them",
}
"""What their tracker and we may show at the same moment of a run, and why."""


class Scripted:
    """A backend whose events are the scenario's."""

    script: ClassVar[Backend]

    def __init__(self, settings: object) -> None:
        pass

    @staticmethod
    def info() -> Any:
        """Not asked for more than its name."""
        return type("Info", (), {"display_name": "Scripted"})

    async def run(self, *_: object, **__: object) -> AsyncIterator[AgentEvent]:
        """Whatever the message is."""
        async for event in Scripted.script():
            yield event

    async def stop(self) -> None:
        """Nothing is running."""


def text(content: str) -> AgentEvent:
    return AgentEvent(type="message", content=content)


def tool(name: str, **arguments: object) -> AgentEvent:
    return AgentEvent(type="tool_use", content="", metadata={"name": name, "input": arguments})


def result(name: str, content: str = "done") -> AgentEvent:
    return AgentEvent(type="tool_result", content=content, metadata={"name": name})


def usage(input_tokens: int, output_tokens: int) -> AgentEvent:
    used = {"input_tokens": input_tokens, "output_tokens": output_tokens, "model": "large"}
    return AgentEvent(type="token_usage", content="", metadata=used)


DONE = AgentEvent(type="done", content="")


async def plain() -> AsyncIterator[AgentEvent]:
    yield AgentEvent(type="thinking", content="hm")
    yield text("Hello")
    yield usage(500, 100)
    yield DONE


async def two_tools() -> AsyncIterator[AgentEvent]:
    yield tool("bash", command="ls")
    yield tool("read", path="notes.txt")
    yield result("bash")
    yield result("read")
    yield text("Both are done")
    yield DONE


async def delegating() -> AsyncIterator[AgentEvent]:
    delegate = DelegateToClaudeCodeTool()
    yield tool(delegate.name)
    yield result(delegate.name, await delegate.execute(task="Look"))
    yield text("It has looked")
    yield DONE


async def asking() -> AsyncIterator[AgentEvent]:
    yield tool("AskUserQuestion", question="Which one?", options=["a", "b"])
    yield result("AskUserQuestion")
    yield text("Please say which one.")
    yield DONE


async def failing() -> AsyncIterator[AgentEvent]:
    yield AgentEvent(type="thinking", content="hm")
    raise RuntimeError("boom")


async def hanging() -> AsyncIterator[AgentEvent]:
    yield tool("bash", command="sleep 60")
    await asyncio.sleep(60)


def _play(publisher: RecordingPublisher, *scripts: Backend) -> None:
    asyncio.run(_turns(publisher, scripts))
    reset_all()


async def _turns(publisher: RecordingPublisher, scripts: tuple[Backend, ...]) -> None:
    """Each script answers one message; the next message comes when the one before has been answered."""
    bus = get_message_bus()
    tracker = StatusTracker()
    await tracker.subscribe()
    bridge(bus, publisher)
    over = asyncio.Event()

    async def listen(event: SystemEvent) -> None:
        _compare(event, tracker, publisher)
        if event.event_type == "tool_start" and Scripted.script is hanging:
            await bus.publish_inbound(_message("/kill"))
        if event.event_type == "trace_end":
            over.set()

    bus.subscribe_system(listen)
    loop = AgentLoop()
    running = asyncio.create_task(loop.start())
    for script in scripts:
        Scripted.script = script
        over.clear()
        await bus.publish_inbound(_message("Go on"))
        await asyncio.wait_for(over.wait(), TURN_SECONDS)
    await loop.stop()
    await running


def _message(content: str) -> InboundMessage:
    channel, _, chat = KEY.partition(":")
    return InboundMessage(channel=Channel(channel), sender_id="user", chat_id=chat, content=content)


def _compare(event: SystemEvent, tracker: StatusTracker, publisher: RecordingPublisher) -> None:
    """Report what their page would show otherwise, for another reason than those above."""
    if event.event_type not in COMPARED:
        return
    theirs = {session["session_key"]: session["state"] for session in tracker.snapshot()["sessions"]}
    ours = {key: str(change.state) for key, change in publisher.sessions.items()}
    for key in theirs.keys() | ours.keys():
        pair = theirs.get(key, "nothing"), ours.get(key, "nothing")
        if pair[0] != pair[1] and pair not in DIFFERENCES:
            publisher.report(InvalidCallError(f"at {event.event_type} their tracker says {pair[0]}, and we {pair[1]}"))


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "plain_run": lambda publisher: _play(publisher, plain),
    "streamed_run": lambda publisher: _play(publisher, plain),
    "parallel_tools": lambda publisher: _play(publisher, two_tools),
    "subagent": lambda publisher: _play(publisher, delegating),
    "wait_and_resume": lambda publisher: _play(publisher, asking, plain),
    "failure": lambda publisher: _play(publisher, failing),
    "cancellation": lambda publisher: _play(publisher, hanging),
}

register_backend("scripted", __name__, "Scripted")
