"""Records LangChain and LangGraph in two dialects: `python -m … openinference` or `openllmetry`.

It needs langchain, langgraph, and openinference-instrumentation-langchain or opentelemetry-instrumentation-langchain.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any, TypedDict

from langchain.agents import create_agent
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from tests.bridges.recorded.recorder import installed, record

INSTRUMENTATIONS = {
    "openinference": "openinference-instrumentation-langchain",
    "openllmetry": "opentelemetry-instrumentation-langchain",
}
USED = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


class Scripted(BaseChatModel):
    """A model whose answers are texts, calls of tools, or errors, one after the other."""

    answers: list[Any]
    model_name: str = "scripted"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *_: Any, **__: Any) -> Any:
        return self

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        calls = () if isinstance(answer, str) else answer
        message = AIMessage(
            answer if isinstance(answer, str) else "",
            tool_calls=[{"name": name, "args": given, "id": name, "type": "tool_call"} for name, given in calls],
            usage_metadata=USED,
            response_metadata={"model_name": self.model_name},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def bash(command: str) -> str:
    """Run a command."""
    return command


def agent(*answers: Any, **more: Any) -> Any:
    return create_agent(Scripted(answers=list(answers)), [bash], **more)


def ask(text: str = "x") -> dict[str, Any]:
    return {"messages": [("user", text)]}


CALL = [("bash", {"command": "ls"})]


def tools() -> None:
    agent(CALL, "done", name="Weather").invoke(ask(), {"configurable": {"thread_id": "42"}})


def nameless() -> None:
    agent("done").invoke(ask())


def chain() -> None:
    (ChatPromptTemplate.from_template("{q}") | Scripted(answers=["hi"])).invoke({"q": "x"})


def failing() -> None:
    agent(RuntimeError("overloaded"), name="Weather").invoke(ask())


class State(TypedDict):
    asked: str


def interrupted() -> None:
    """A graph whose node asks a person, and goes on after the answer."""

    def approve(state: State) -> State:
        return {"asked": interrupt({"question": "the secret payload"})}

    builder = StateGraph(State)
    builder.add_node("approve", approve)
    builder.add_edge(START, "approve")
    graph = builder.compile(checkpointer=InMemorySaver(), name="Approver")
    config: Any = {"configurable": {"thread_id": "7"}}
    graph.invoke({"asked": "x"}, config)
    graph.invoke(Command(resume="yes"), config)


def agent_as_tool() -> None:
    inner = agent(CALL, "inner", name="Inner")

    def ask_inner(question: str) -> str:
        """Ask the inner agent."""
        return str(inner.invoke(ask(question))["messages"][-1].content)

    outer = Scripted(answers=[[("ask_inner", {"question": "x"})], "done"])
    create_agent(outer, [ask_inner], name="Outer").invoke(ask())


def instrument(dialect: str, provider: Any) -> None:
    if dialect == "openinference":
        from openinference.instrumentation.langchain import LangChainInstrumentor as Instrumentor
    else:
        from opentelemetry.instrumentation.langchain import LangchainInstrumentor as Instrumentor
    Instrumentor().instrument(tracer_provider=provider)


if __name__ == "__main__":
    provider, recorder = installed()
    instrument(sys.argv[1], provider)
    plays: tuple[Callable[[], None], ...] = (tools, nameless, chain, failing, interrupted, agent_as_tool)
    packages = ("langchain", "langgraph", INSTRUMENTATIONS[sys.argv[1]])
    asyncio.run(record(f"langchain_{sys.argv[1]}", packages, {play.__name__: play for play in plays}, recorder))
