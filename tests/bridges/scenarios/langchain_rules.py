"""What the bridge to LangChain does beyond the scenarios of all bridges; each is a rule, and asserts it."""

import asyncio
import copy
from types import FunctionType, SimpleNamespace
from typing import Any, Final
from uuid import uuid4

from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphDrained
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import RunControl
from opentelemetry.instrumentation.genai.langchain import LangChainInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install
from agent_status_publisher.integrations.opentelemetry import StatusSpanProcessor
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import langchain
from tests.bridges.scenarios.langchain import (
    ASKED,
    Model,
    _calls,
    _model,
    _thread,
    deploy,
    look,
    running,
    wait,
)

PACKAGES = langchain.PACKAGES


def _keys(publisher: RecordingPublisher) -> set[str]:
    return {change.session_key for change in publisher.changes}


def _is_empty(handler: StatusCallbackHandler) -> bool:
    return not (handler._runs._by_run or handler._runs._outermost or handler._tools or handler._writing)


def a_key_is_the_thread_or_the_run_or_what_the_agents_code_says(publisher: RecordingPublisher) -> None:
    run, chain = uuid4(), RunnableLambda(lambda said: said)
    callbacks = [StatusCallbackHandler(publisher)]
    create_agent(_model("Hello")).invoke(ASKED, {"callbacks": callbacks, "configurable": {"thread_id": "slack:C1"}})
    chain.invoke("Go on", {"callbacks": callbacks, "metadata": {"thread_id": "43"}})
    chain.invoke("Go on", {"callbacks": callbacks, "run_id": run})
    with status_key("chat:7"):
        chain.invoke("Go on", {"callbacks": callbacks})
    assert _keys(publisher) == {"langchain:slack:C1", "langchain:43", f"langchain:{run}", "chat:7"}


def several_handlers_of_one_publisher_count_tokens_once(publisher: RecordingPublisher) -> None:
    """One for the process, one at the call, and one at a call that a tool makes."""

    @tool
    def explore() -> str:
        """Asks another agent."""
        config = {"callbacks": [StatusCallbackHandler(publisher)], "configurable": {"thread_id": "43"}}
        return str(create_agent(_model(_calls("look"), "I have looked"), [look]).invoke(ASKED, config))

    install(publisher)
    try:
        create_agent(_model(_calls("explore"), "It has looked"), [explore]).invoke(ASKED, _thread(publisher))
    finally:
        install(None)
    assert _keys(publisher) == {"langchain:42"}
    assert max((change.input_tokens, change.output_tokens) for change in publisher.changes) == (2000, 400)


def what_a_retriever_asks_is_no_session(publisher: RecordingPublisher) -> None:
    class Asking(BaseRetriever):
        """Asks a model for its documents, as those do that write several questions out of one."""

        model: Model

        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            said = self.model.invoke(query, {"callbacks": run_manager.get_child()})
            return [Document(str(said.content))]

    handler = StatusCallbackHandler(publisher)
    chain = RunnableLambda(lambda said: said) | Asking(model=_model("A question"))
    chain.invoke("Go on", {"callbacks": [handler], "metadata": {"thread_id": "42"}})
    assert publisher.states("langchain:42") == ["thinking", None]
    assert _keys(publisher) == {"langchain:42"}
    assert _is_empty(handler)


def a_breakpoint_waits_if_the_handler_is_at_the_call(publisher: RecordingPublisher) -> None:
    graph = StateGraph(dict).add_node("deploy", lambda state: state)
    graph = graph.add_edge(START, "deploy").add_edge("deploy", END)
    stopping = graph.compile(checkpointer=InMemorySaver(), interrupt_before=["deploy"])
    stopping.invoke({}, _thread(publisher))
    assert publisher.states("langchain:42") == ["thinking", "waiting_for_user"]
    stopping.invoke(None, _thread(publisher))
    assert publisher.states("langchain:42") == ["thinking", "waiting_for_user", "thinking", None]
    install(publisher)
    try:
        stopping.invoke({}, {"configurable": {"thread_id": "43"}})
    finally:
        install(None)
    assert publisher.states("langchain:43") == ["thinking", None]


def a_graph_that_is_drained_is_an_end(publisher: RecordingPublisher) -> None:
    control = RunControl()

    @tool
    def drain() -> str:
        """Is there when the process is told to stop."""
        control.request_drain()
        return "done"

    agent = create_agent(_model(_calls("drain"), "Never said"), [drain], checkpointer=InMemorySaver())
    try:
        agent.invoke(ASKED, _thread(publisher), control=control)
    except GraphDrained:
        assert publisher.sessions == {}
        return
    raise AssertionError("it was not drained")


def what_a_fallback_recovers_from_is_neither_an_error_nor_a_session(publisher: RecordingPublisher) -> None:
    """Their parts say that they are in nothing."""

    def bad(said: str) -> str:
        raise ValueError(said)

    async def later() -> None:
        await chain.ainvoke("recovered from", config)

    handler = StatusCallbackHandler(publisher)
    chain = RunnableLambda(bad).with_fallbacks([RunnableLambda(lambda said: said)])
    config = {"callbacks": [handler], "metadata": {"thread_id": "42"}}
    chain.invoke("recovered from", config)
    asyncio.run(later())
    assert publisher.states("langchain:42") == ["thinking", None, "thinking", None]
    assert _keys(publisher) == {"langchain:42"}
    assert _is_empty(handler)


def a_chain_with_callbacks_of_its_own_inside_another_is_no_session(publisher: RecordingPublisher) -> None:
    inner = RunnableLambda(lambda said: said)

    def outer(said: str) -> str:
        return str(inner.invoke(said, {"callbacks": [StatusCallbackHandler(publisher)]}))

    RunnableLambda(outer).invoke("Go on", {"callbacks": [StatusCallbackHandler(publisher)]})
    assert len(_keys(publisher)) == 1


def streams_that_take_turns_are_sessions_of_their_own(publisher: RecordingPublisher) -> None:
    handler = StatusCallbackHandler(publisher)
    streams = [
        create_agent(_model("Hello to you")).stream(
            ASKED, {"callbacks": [handler], "configurable": {"thread_id": thread}}, stream_mode="messages"
        )
        for thread in ("1", "2")
    ]
    for _ in zip(*streams, strict=True):
        pass
    assert publisher.states("langchain:1") == publisher.states("langchain:2") == ["thinking", "streaming", None]


def a_stream_that_is_left_half_way_is_an_end(publisher: RecordingPublisher) -> None:
    handler = StatusCallbackHandler(publisher)
    config = {"callbacks": [handler], "configurable": {"thread_id": "42"}}
    words = create_agent(_model("Hello to you")).stream(ASKED, config, stream_mode="messages")
    next(words)
    assert publisher.states("langchain:42") == ["thinking", "streaming"]
    words.close()
    assert publisher.states("langchain:42") == ["thinking", "streaming", None]
    assert _is_empty(handler)


def a_cancelled_run_leaves_nothing_behind(publisher: RecordingPublisher) -> None:
    handler = StatusCallbackHandler(publisher)

    async def run() -> None:
        running.clear()
        agent = create_agent(_model(_calls("wait")), [wait])
        config = {"callbacks": [handler], "configurable": {"thread_id": "42"}}
        task = asyncio.create_task(agent.ainvoke(ASKED, config))
        await running.wait()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    assert publisher.sessions == {}
    assert _is_empty(handler)


def runs_at_the_same_time_are_sessions_of_their_own(publisher: RecordingPublisher) -> None:
    handler = StatusCallbackHandler(publisher)

    async def run() -> None:
        agents = [create_agent(_model(_calls("look"), "Done"), [look]) for _ in range(50)]
        await asyncio.gather(
            *(
                agent.ainvoke(ASKED, {"callbacks": [handler], "configurable": {"thread_id": str(number)}})
                for number, agent in enumerate(agents)
            )
        )

    asyncio.run(run())
    assert len(_keys(publisher)) == 50
    assert {tuple(publisher.states(key)) for key in _keys(publisher)} == {
        ("thinking", "tool_running", "streaming", "thinking", None)
    }
    assert _is_empty(handler)


def a_run_inside_one_that_another_bridge_has_seen_is_no_session(publisher: RecordingPublisher) -> None:
    other = Runs(publisher, "opentelemetry")
    other.begin("span", session_id="trace")
    agent = create_agent(_model(_calls("deploy")), [deploy], checkpointer=InMemorySaver())
    agent.invoke(ASKED, _thread(publisher))
    other.end("span")
    assert _keys(publisher) == {"opentelemetry:trace"}
    assert publisher.sessions["opentelemetry:trace"].state == "waiting_for_user"


def beside_opentelemetry_it_is_one_session_that_sees_what_both_do(publisher: RecordingPublisher) -> None:
    async def later(thread: str) -> None:
        await agent.ainvoke(ASKED, {"configurable": {"thread_id": thread}})

    provider = TracerProvider()
    provider.add_span_processor(StatusSpanProcessor(publisher))
    instrumentor = LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    install(publisher)
    try:
        agent = create_agent(_model(*[_calls("look"), "Done"] * 3), [look])
        agent.invoke(ASKED, {"configurable": {"thread_id": "1"}})
        asyncio.run(later("2"))
        agent.invoke(ASKED, _thread(publisher, "3"))
        asking = create_agent(_model(_calls("deploy")), [deploy], checkpointer=InMemorySaver())
        asking.invoke(ASKED, {"configurable": {"thread_id": "4"}})
    finally:
        install(None)
        instrumentor.uninstrument()
    assert _keys(publisher) == {f"langchain:{number}" for number in range(1, 5)}
    assert {key: change.state for key, change in publisher.sessions.items()} == {"langchain:4": "waiting_for_user"}
    published = [change for change in publisher.changes if change.session_key != "langchain:4"]
    assert max((change.input_tokens, change.output_tokens) for change in published) == (1000, 200)


def a_handler_is_not_copied_with_what_holds_it(publisher: RecordingPublisher) -> None:
    handler = StatusCallbackHandler(publisher)
    config = {"callbacks": [handler]}
    assert copy.deepcopy(config)["callbacks"][0] is handler
    assert copy.copy(handler) is handler


def what_has_another_shape_than_we_know_reaches_no_agent(publisher: RecordingPublisher) -> None:
    handler = StatusCallbackHandler(publisher)
    handler.on_chain_start({}, {}, run_id=uuid4(), metadata=7)
    handler.on_interrupt(SimpleNamespace())
    assert ["was ignored" in str(error) for error in publisher.errors] == [True, True]
    publisher.errors.clear()


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
