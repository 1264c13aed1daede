"""A LangGraph agent that goes on at each line it reads: it runs a tool, asks a human, is answered, and is done."""

from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.langchain import install


@tool
def bash() -> str:
    """Runs a command."""
    return input()


@tool
def deploy() -> str:
    """Asks first."""
    return str(interrupt("Shall I?"))


class Scripted(GenericFakeChatModel):
    """A model that calls both tools, and is done."""

    def bind_tools(self, *_: Any, **__: Any) -> "Scripted":
        return self


def main() -> None:
    calls = [AIMessage("", tool_calls=[{"name": name, "args": {}, "id": name}]) for name in ("bash", "deploy")]
    model = Scripted(messages=iter([*calls, AIMessage("It is out")]))
    agent = create_agent(model, [bash, deploy], checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "42"}}
    with StatusPublisher() as publisher:
        install(publisher)
        agent.invoke({"messages": [("user", "Go on")]}, thread)
        agent.invoke(Command(resume=input()), thread)
        input()


if __name__ == "__main__":
    main()
