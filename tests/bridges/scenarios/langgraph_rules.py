"""What the bridge to LangChain does with LangGraph's streams and functions; each is a rule, and asserts it."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, Final

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from agent_status_publisher.integrations.langchain import install
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import langchain
from tests.bridges.scenarios.langchain import _thread

PACKAGES = langchain.PACKAGES
WAITS: Final = ["thinking", "waiting_for_user"]


def _asking() -> Any:
    graph = StateGraph(dict).add_node("ask", lambda _: {"said": interrupt("Shall I?")})
    return graph.add_edge(START, "ask").add_edge("ask", END).compile(checkpointer=InMemorySaver())


@contextmanager
def _installed(publisher: RecordingPublisher) -> Iterator[dict[str, Any]]:
    install(publisher)
    try:
        yield {"configurable": {"thread_id": "42"}}
    finally:
        install(None)


async def _left_at_the_question(events: Any) -> None:
    async for event in events:
        if "__interrupt__" in str(event):
            break
    await events.aclose()


def a_stream_that_is_left_at_its_question_waits_until_it_is_resumed(publisher: RecordingPublisher) -> None:
    graph = _asking()
    with _installed(publisher) as config:
        for chunk in graph.stream({}, config):
            if "__interrupt__" in chunk:
                break
        gc.collect()
        assert publisher.states("langchain:42") == WAITS
        graph.invoke(Command(resume="yes"), config)
    assert publisher.states("langchain:42") == [*WAITS, "thinking", None]


def it_waits_with_the_handler_at_the_call_as_well(publisher: RecordingPublisher) -> None:
    for chunk in _asking().stream({}, _thread(publisher)):
        if "__interrupt__" in chunk:
            break
    gc.collect()
    assert publisher.states("langchain:42") == WAITS


def an_async_stream_that_is_left_at_its_question_waits(publisher: RecordingPublisher) -> None:
    with _installed(publisher) as config:
        asyncio.run(_left_at_the_question(_asking().astream({}, config)))
    assert publisher.states("langchain:42") == WAITS


def a_stream_of_events_that_is_left_at_its_question_waits(publisher: RecordingPublisher) -> None:
    with _installed(publisher) as config:
        asyncio.run(_left_at_the_question(_asking().astream_events({}, config, version="v2")))
    assert publisher.states("langchain:42") == WAITS


def a_question_stands_although_what_runs_beside_it_is_cancelled(publisher: RecordingPublisher) -> None:
    async def wait(_: Any) -> None:
        await asyncio.sleep(langchain.SECONDS)

    graph = StateGraph(dict).add_node("ask", lambda _: {"said": interrupt("Shall I?")}).add_node("wait", wait)
    both = graph.add_edge(START, "ask").add_edge(START, "wait").compile(checkpointer=InMemorySaver())
    with _installed(publisher) as config:
        asyncio.run(_left_at_the_question(both.astream_events({}, config, version="v2")))
    assert publisher.states("langchain:42") == WAITS


def a_stream_that_is_left_before_it_asks_is_an_end(publisher: RecordingPublisher) -> None:
    graph = StateGraph(dict).add_node("look", lambda state: state).add_node("ask", lambda _: interrupt("Shall I?"))
    graph = graph.add_edge(START, "look").add_edge("look", "ask").add_edge("ask", END)
    with _installed(publisher) as config:
        chunks = graph.compile(checkpointer=InMemorySaver()).stream({}, config)
        next(chunks)
        chunks.close()
    assert publisher.states("langchain:42") == ["thinking", None]


def an_entrypoint_has_its_functions_name_as_title(publisher: RecordingPublisher) -> None:
    @task
    def fetch(number: int) -> int:
        return number

    @entrypoint()
    def essay(number: int) -> int:
        return int(fetch(number).result())

    @entrypoint()
    async def poem(number: int) -> int:
        return number

    async def later() -> None:
        await poem.ainvoke(1, {"metadata": {"thread_id": "43"}})

    with _installed(publisher) as config:
        essay.invoke(1, config)
        asyncio.run(later())
    assert _last_titles(publisher) == {"langchain:42": "essay", "langchain:43": "poem"}


def a_graph_without_a_name_has_no_title_from_its_nodes(publisher: RecordingPublisher) -> None:
    with _installed(publisher) as config:
        _asking().invoke({}, config)
    assert _last_titles(publisher) == {"langchain:42": None}


def _last_titles(publisher: RecordingPublisher) -> dict[str, str | None]:
    return {change.session_key: change.title for change in publisher.changes if change.state is not None}


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
