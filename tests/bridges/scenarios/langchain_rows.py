"""What the bridge to LangChain says of a session besides its state; each is a rule, and asserts it."""

import asyncio
from types import FunctionType
from typing import Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import langchain
from tests.bridges.scenarios.langchain import ASKED, Model, _calls, _cancelled, _says, _thread, deploy, explore, look

PACKAGES = langchain.PACKAGES
KEY: Final = "langchain:42"


class Named(Model):
    """One that has a name, as those of providers have."""

    model_name: str = "large-5"


def _model(*script: Any, name: str = "large-5") -> Named:
    return Named(messages=_says(script), model_name=name)


def _children(publisher: RecordingPublisher) -> dict[str, Any]:
    """The newest change of each child session before its end."""
    return {change.session_key: change for change in publisher.changes if change.parent is not None}


def _with_children(publisher: RecordingPublisher) -> dict[str, Any]:
    return {
        "callbacks": [StatusCallbackHandler(publisher, subagents="sessions")],
        "configurable": {"thread_id": "42"},
    }


def _asks_another(*script: Any) -> BaseTool:
    model = _model(*script, name="small-5")

    @tool("explore")
    def ask() -> str:
        """Asks another agent."""
        inner = create_agent(model, [look, deploy], name="Explorer")
        return str(inner.invoke(ASKED)["messages"][-1].content)

    return ask


def the_labels_are_the_names_of_the_agent_and_its_model(publisher: RecordingPublisher) -> None:
    create_agent(_model("Hello"), name="Clerk").invoke(ASKED, _thread(publisher))
    assert publisher.changes[-2].labels == {"agent": "Clerk", "model": "large-5"}


def an_agent_in_a_tool_does_not_rename_the_agent_or_its_model(publisher: RecordingPublisher) -> None:
    asks = _asks_another(_calls("look"), "I have looked")
    create_agent(_model(_calls("explore"), "It has looked"), [asks], name="Chief").invoke(ASKED, _thread(publisher))
    labels = [dict(change.labels) for change in publisher.changes if change.state is not None]
    assert {"agent": "Chief", "model": "large-5"} in labels
    assert {label.get("agent", "Chief") for label in labels} == {"Chief"}
    assert {label.get("model", "large-5") for label in labels} == {"large-5"}


def the_labels_of_the_agents_own_code_stay(publisher: RecordingPublisher) -> None:
    with publisher.session(KEY, title="Mine", labels={"agent": "mine"}):
        create_agent(_model("Hello"), name="Clerk").invoke(ASKED, _thread(publisher))
        assert publisher.sessions[KEY].labels == {"agent": "mine", "model": "large-5"}
        assert publisher.sessions[KEY].title == "Mine"


def a_name_that_cannot_be_a_label_is_cut(publisher: RecordingPublisher) -> None:
    create_agent(_model("Hello", name="x\n" * 200)).invoke(ASKED, _thread(publisher))
    assert len(publisher.changes[-2].labels["model"]) == 128


def an_interrupt_is_a_question(publisher: RecordingPublisher) -> None:
    agent = create_agent(_model(_calls("deploy"), "Out"), [deploy], checkpointer=InMemorySaver())
    agent.invoke(ASKED, _thread(publisher))
    assert publisher.sessions[KEY].waiting_for == "question"
    agent.invoke(Command(resume="Yes"), _thread(publisher))
    assert publisher.changes[-1].outcome == "done"


def human_in_the_loop_middleware_asks_for_approval(publisher: RecordingPublisher) -> None:
    middleware = [HumanInTheLoopMiddleware(interrupt_on={"look": True})]
    agent = create_agent(_model(_calls("look"), "Out"), [look], middleware=middleware, checkpointer=InMemorySaver())
    install(publisher)
    try:
        agent.invoke(ASKED, {"configurable": {"thread_id": "42"}})
    finally:
        install(None)
    assert publisher.sessions[KEY].waiting_for == "approval"


def a_breakpoint_waits_without_a_reason(publisher: RecordingPublisher) -> None:
    agent = create_agent(_model("Out"), checkpointer=InMemorySaver(), interrupt_before=["model"])
    agent.invoke(ASKED, _thread(publisher))
    assert (publisher.sessions[KEY].state, publisher.sessions[KEY].waiting_for) == ("waiting_for_user", None)


def a_task_that_is_cancelled_ends_as_cancelled(publisher: RecordingPublisher) -> None:
    asyncio.run(_cancelled(publisher))
    assert publisher.changes[-1].outcome == "cancelled"


def a_graph_in_a_tool_is_a_child_where_that_is_asked_for(publisher: RecordingPublisher) -> None:
    asks = _asks_another(_calls("look"), "I have looked")
    chief = create_agent(_model(_calls("explore"), "It has looked"), [asks], name="Chief")
    chief.invoke(ASKED, _with_children(publisher))
    child = f"{KEY}/call-explore"
    (shown,) = _children(publisher).items()
    assert (shown[0], shown[1].parent, shown[1].title) == (child, KEY, "Explorer")
    assert shown[1].labels == {"agent": "Explorer", "model": "small-5"}
    assert publisher.states(child) == ["thinking", "tool_running", "streaming", "thinking", None]
    assert publisher.states(KEY) == ["thinking", "tool_running", "streaming", "thinking", None]
    outer = [change for change in publisher.changes if change.session_key == KEY and change.state is not None]
    assert {change.tool_name for change in outer} == {None, "explore"}
    assert (outer[-1].input_tokens, shown[1].input_tokens) == (1000, 1000)
    assert outer[-1].labels == {"agent": "Chief", "model": "large-5"}
    assert [change.outcome for change in publisher.changes if change.state is None] == ["done", "done"]


def a_graph_without_a_name_is_a_child_too_and_so_it_is_after_install(publisher: RecordingPublisher) -> None:
    install(publisher, subagents="sessions")
    try:
        create_agent(_model(_calls("explore"), "It has looked"), [explore]).invoke(
            ASKED, {"metadata": {"thread_id": "42"}}
        )
    finally:
        install(None)
    assert set(_children(publisher)) == {f"{KEY}/call-explore"}


def a_plain_chain_in_a_tool_is_no_child(publisher: RecordingPublisher) -> None:
    @tool("explore")
    def ask() -> str:
        """Asks a model."""
        chain = ChatPromptTemplate.from_messages([("user", "Go on")]) | _model("Hello")
        RunnableLambda(lambda said: said).invoke("Go on")
        return str(chain.invoke({}).content)

    chief = create_agent(_model(_calls("explore"), "It has looked"), [ask])
    chief.invoke(ASKED, _with_children(publisher))
    assert _children(publisher) == {}


def a_child_that_fails_is_an_error_of_its_own(publisher: RecordingPublisher) -> None:
    asks = _asks_another(ValueError("boom"))
    asks.handle_tool_error = True

    def run() -> None:
        create_agent(_model(_calls("explore"), "It has looked"), [asks]).invoke(ASKED, _with_children(publisher))

    try:
        run()
    except ValueError:
        assert publisher.sessions[KEY].error_message == "boom"
    assert publisher.sessions[f"{KEY}/call-explore"].error_message == "boom"


def one_row_waits_for_one_question_and_the_child_goes_on_with_its_key(publisher: RecordingPublisher) -> None:
    asks = _asks_another(_calls("deploy"), "I have looked")
    chief = create_agent(_model(_calls("explore"), "It has looked"), [asks], checkpointer=InMemorySaver())
    chief.invoke(ASKED, _with_children(publisher))
    assert set(publisher.sessions) == {KEY}
    assert publisher.sessions[KEY].waiting_for == "question"
    chief.invoke(Command(resume="Yes"), _with_children(publisher))
    assert publisher.sessions == {}
    assert set(_children(publisher)) == {f"{KEY}/call-explore"}


def a_child_in_a_block_of_the_agents_own_code_has_its_key(publisher: RecordingPublisher) -> None:
    asks = _asks_another(_calls("look"), "I have looked")
    with publisher.session("chat:7"), status_key("chat:7"):
        create_agent(_model(_calls("explore"), "It has looked"), [asks]).invoke(ASKED, _with_children(publisher))
        assert set(publisher.sessions) == {"chat:7"}
    assert set(_children(publisher)) == {"chat:7/call-explore"}


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
