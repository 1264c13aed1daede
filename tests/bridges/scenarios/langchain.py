"""LangChain's agents on LangGraph, with the fake model that LangChain ships."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install
from agent_status_publisher.testing import RecordingPublisher

PACKAGES = ("langchain", "langchain-core", "langgraph")
SECONDS: Final = 20
ASKED: Final = {"messages": [("user", "Go on")]}


class Model(GenericFakeChatModel):
    """The shipped one, which takes tools and lets its script decide about them. It has a name, as real ones have."""

    model_name: str = "large"

    def bind_tools(self, *_: Any, **__: Any) -> "Model":
        return self


both = threading.Barrier(2)
running = asyncio.Event()


@tool
def bash() -> str:
    """Runs a command."""
    both.wait(SECONDS)
    return "done"


@tool
def read() -> str:
    """Reads a file."""
    both.wait(SECONDS)
    return "done"


@tool
def explore() -> str:
    """Asks another agent."""
    inner = create_agent(_model(_calls("look"), "I have looked"), [look])
    return str(inner.invoke(ASKED)["messages"][-1].content)


@tool
def look() -> str:
    """Looks."""
    return "done"


@tool
def deploy() -> str:
    """Asks first."""
    return str(interrupt("Shall I?"))


@tool
async def wait() -> str:
    """Takes long."""
    running.set()
    await asyncio.sleep(SECONDS)
    return "done"


def _model(*script: str | AIMessage | Exception) -> Model:
    return Model(messages=_says(script))


def _says(script: tuple[str | AIMessage | Exception, ...]) -> Iterator[AIMessage]:
    for said in script:
        if isinstance(said, Exception):
            raise said
        message = AIMessage(content=said) if isinstance(said, str) else said
        message.usage_metadata = {"input_tokens": 500, "output_tokens": 100, "total_tokens": 600}
        yield message


def _calls(*names: str) -> AIMessage:
    return AIMessage(content="", tool_calls=[{"name": name, "args": {}, "id": f"call-{name}"} for name in names])


def _thread(publisher: RecordingPublisher, name: str = "42") -> dict[str, Any]:
    return {"callbacks": [StatusCallbackHandler(publisher)], "configurable": {"thread_id": name}}


def _plain(publisher: RecordingPublisher) -> None:
    """With langchain-core alone, and no thread."""
    chain = _model("Hello to you") | (lambda message: message.content)
    assert chain.invoke("Go on", {"callbacks": [StatusCallbackHandler(publisher)]}) == "Hello to you"


def _streamed(publisher: RecordingPublisher) -> None:
    for _ in create_agent(_model("Hello to you"), name="Clerk").stream(
        ASKED, _thread(publisher), stream_mode="messages"
    ):
        pass


def _tools(publisher: RecordingPublisher) -> None:
    """Installed for the process, and nothing at the call."""
    install(publisher)
    try:
        create_agent(_model(_calls("bash", "read"), "Both are done"), [bash, read]).invoke(ASKED)
    finally:
        install(None)


def _subagent(publisher: RecordingPublisher) -> None:
    """Installed and at the call, which is one handler all the same."""
    install(publisher)
    try:
        create_agent(_model(_calls("explore"), "It has looked"), [explore]).invoke(ASKED, _thread(publisher))
    finally:
        install(None)


def _wait(publisher: RecordingPublisher) -> None:
    install(publisher)
    try:
        agent = create_agent(_model(_calls("deploy"), "It is out"), [deploy], checkpointer=InMemorySaver())
        config = {"configurable": {"thread_id": "42"}}
        assert agent.invoke(ASKED, config)["__interrupt__"]
        agent.invoke(Command(resume="Yes"), config)
    finally:
        install(None)


def _fail(publisher: RecordingPublisher) -> None:
    create_agent(_model(ValueError("boom"))).invoke(ASKED, _thread(publisher))


def _cancel(publisher: RecordingPublisher) -> None:
    asyncio.run(_cancelled(publisher))


async def _cancelled(publisher: RecordingPublisher) -> None:
    agent = create_agent(_model(_calls("wait")), [wait])
    task = asyncio.create_task(agent.ainvoke(ASKED, _thread(publisher)))
    await asyncio.wait_for(running.wait(), SECONDS)
    task.cancel()
    await asyncio.wait([task])


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "plain_run": _plain,
    "streamed_run": _streamed,
    "parallel_tools": _tools,
    "subagent": _subagent,
    "wait_and_resume": _wait,
    "failure": _fail,
    "cancellation": _cancel,
}
