"""LangChain and LangGraph on the dashboard: one line, `install(publisher)`. Run it beside `agent-status-gateway watch`.

A real agent on a graph, and a model that needs no network and no key. It runs a tool, answers word by word, and asks
before another tool, until it is told to go on. Needs `pip install langchain`.
"""

import time
from collections.abc import Iterator
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.langchain import install


@tool
def bash(command: str) -> str:
    """Runs a command."""
    time.sleep(3)
    return f"{command}: notes.txt"


@tool
def delete(file: str) -> str:
    """Deletes a file, if it may."""
    if interrupt(f"Delete {file}?") != "yes":
        return "It may stay."
    time.sleep(2)
    return "It is gone."


class Pretending(GenericFakeChatModel):
    """A model that takes its time, and knows what to do."""

    def bind_tools(self, *_: Any, **__: Any) -> "Pretending":
        return self

    def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        said = next(self.messages)
        time.sleep(1)
        for word in said.content.split() or [""]:
            time.sleep(0.5)
            message = AIMessageChunk(content=f"{word} " if word else "", tool_calls=said.tool_calls)
            yield ChatGenerationChunk(message=message)


def calls(name: str, **arguments: str) -> AIMessage:
    return AIMessage(content="", tool_calls=[{"name": name, "args": arguments, "id": name}])


def main() -> None:
    script = [calls("bash", command="ls"), calls("delete", file="notes.txt"), AIMessage("There were notes, once.")]
    agent = create_agent(Pretending(messages=iter(script)), [bash, delete], checkpointer=InMemorySaver(), name="clerk")
    thread = {"configurable": {"thread_id": "42"}}
    with StatusPublisher() as publisher:
        install(publisher)
        for asked in ({"messages": [("user", "Tidy up")]}, Command(resume="yes")):
            for message, _ in agent.stream(asked, thread, stream_mode="messages"):
                print(type(message).__name__, message.content)
            time.sleep(3)  # somebody reads the question, and later the answer


if __name__ == "__main__":
    main()
