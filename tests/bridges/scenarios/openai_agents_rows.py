"""What the bridge to OpenAI's agents says of a session besides its state; each is a rule, and asserts it."""

import asyncio
from types import FunctionType
from typing import Any, Final

import httpx2
from agents import (
    Agent,
    InputGuardrail,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
    set_trace_processors,
)
from agents.guardrail import GuardrailFunctionOutput
from agents.testing import ScriptedModel, assistant_message, function_call
from openai import AsyncOpenAI

from agent_status_publisher.integrations.openai_agents import StatusHooks, StatusTraceProcessor
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import openai_agents
from tests.bridges.scenarios.openai_agents import SECONDS, THREAD, USAGE, agent, deploy, look, wait

PACKAGES = openai_agents.PACKAGES
KEY: Final = "openai_agents:42"
MESSAGE: Final = {"type": "output_text", "text": "Hello", "annotations": []}
RESPONSE: Final = {
    "id": "r1",
    "object": "response",
    "created_at": 1,
    "model": "large-5-dated",
    "output": [{"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [MESSAGE]}],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "status": "completed",
}
CHAT: Final = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "large-5-dated",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 500, "completion_tokens": 100, "total_tokens": 600},
}


def _client() -> AsyncOpenAI:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=CHAT if "chat" in request.url.path else RESPONSE)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return AsyncOpenAI(api_key="none", base_url="http://localhost/v1", http_client=client)


def _run(publisher: RecordingPublisher, chief: Agent[Any], *, subagents: Any = "sessions") -> None:
    set_trace_processors([StatusTraceProcessor(publisher, subagents=subagents)])
    try:
        Runner.run_sync(chief, "Go on", run_config=THREAD)
    finally:
        set_trace_processors([])


def _chief(*subagents: Agent[Any]) -> Agent[Any]:
    """An agent that asks all of these at once, and then answers."""
    calls = [function_call(each.name, {"input": "Look"}, call_id=f"call-{each.name}") for each in subagents]
    model = ScriptedModel([calls, [assistant_message("Yes")]], default_usage=USAGE)
    tools = [each.as_tool(each.name, "Asks another agent.") for each in subagents]
    return Agent(name="Chief", model=model, tools=list(tools))


def _children(publisher: RecordingPublisher) -> dict[str, Any]:
    """The newest change of each child session before its end, by the name of its agent."""
    newest = {change.session_key: change for change in publisher.changes if change.parent is not None}
    return {change.labels.get("agent", ""): change for change in newest.values()}


def _outcomes(publisher: RecordingPublisher) -> dict[str, str | None]:
    return {change.session_key: change.outcome for change in publisher.changes}


def _shown(publisher: RecordingPublisher) -> Any:
    """The newest change of the outer session before its end."""
    return [change for change in publisher.changes if change.session_key == KEY and change.state is not None][-1]


def the_labels_are_the_agent_and_the_model_that_its_call_names(publisher: RecordingPublisher) -> None:
    for model in (OpenAIResponsesModel, OpenAIChatCompletionsModel):
        _run(publisher, Agent(name="Clerk", model=model("large-5", _client())))
    assert _shown(publisher).labels == {"agent": "Clerk", "model": "large-5"}
    assert {change.labels.get("model") for change in publisher.changes} == {None, "large-5-dated", "large-5"}


def a_handoff_renames_the_agent_at_work(publisher: RecordingPublisher) -> None:
    expert = agent("Done", name="Expert")
    step = [function_call("transfer_to_expert", {}, call_id="1")]
    _run(publisher, Agent(name="Clerk", model=ScriptedModel([step]), handoffs=[expert]))
    assert _shown(publisher).labels == {"agent": "Expert"}
    assert _shown(publisher).title == "Clerk"
    assert {change.session_key for change in publisher.changes} == {KEY}


def an_agent_in_a_tool_or_a_guardrail_does_not_rename_the_agent(publisher: RecordingPublisher) -> None:
    async def check(*_: Any) -> GuardrailFunctionOutput:
        await Runner.run(agent("Fine", name="Guard"), "Check")
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)

    chief = _chief(agent("I have looked", name="explorer"))
    chief.input_guardrails = [InputGuardrail(guardrail_function=check)]
    _run(publisher, chief, subagents="tool")
    assert {change.labels.get("agent") for change in publisher.changes} == {None, "Chief"}
    assert {change.session_key for change in publisher.changes} == {KEY}


def a_tool_that_needs_approval_waits_for_approval(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        await status.run(Runner.run(agent(["deploy"], tools=(deploy,)), "Go on", run_config=THREAD))
        async for _ in status.stream(
            Runner.run_streamed(agent(["deploy"], tools=(deploy,)), "Go on", run_config=RunConfig(group_id="43"))
        ):
            pass

    with openai_agents.installed(publisher) as status:
        asyncio.run(run(status))
    assert [change.waiting_for for change in publisher.sessions.values()] == ["approval", "approval"]


def hooks_label_the_session_of_a_block(publisher: RecordingPublisher) -> None:
    set_trace_processors([])
    clerk = Agent(name="Clerk", model=OpenAIResponsesModel("large-5", _client()))
    with publisher.session("chat:42", labels={"agent": "mine"}) as session:
        Runner.run_sync(clerk, "Go on", hooks=StatusHooks(session))
        assert publisher.sessions["chat:42"].labels == {"agent": "mine", "model": "large-5"}


def an_agent_as_a_tool_is_a_child_where_that_is_asked_for(publisher: RecordingPublisher) -> None:
    _run(publisher, _chief(agent(["look"], "I have looked", name="explorer", tools=(look,))))
    (child,) = _children(publisher).values()
    assert (child.parent, child.title, child.labels) == (KEY, "explorer", {"agent": "explorer"})
    assert child.session_key.startswith(f"{KEY}/")
    assert publisher.states(child.session_key) == ["thinking", "tool_running", "streaming", "thinking", None]
    assert publisher.states(KEY) == ["thinking", "tool_running", "streaming", "thinking", None]
    outer = [change for change in publisher.changes if change.session_key == KEY]
    assert {change.tool_name for change in outer} == {None, "explorer"}
    assert (_shown(publisher).labels, _shown(publisher).title) == ({"agent": "Chief"}, "Chief")
    assert _outcomes(publisher) == {KEY: "done", child.session_key: "done"}


def each_counts_its_own_tokens_where_its_model_makes_spans(publisher: RecordingPublisher) -> None:
    models = [OpenAIChatCompletionsModel("large-5", _client()) for _ in range(5)]
    _run(publisher, _chief(*(Agent(name=f"explorer{number}", model=model) for number, model in enumerate(models))))
    children = _children(publisher).values()
    assert len({child.session_key for child in children}) == 5
    assert {(child.input_tokens, child.output_tokens, child.labels["model"]) for child in children} == {
        (500, 100, "large-5")
    }
    assert (_shown(publisher).input_tokens, _shown(publisher).output_tokens) == (1000, 200)
    assert publisher.sessions == {}


def tokens_of_a_model_without_spans_are_those_of_the_outermost_session(publisher: RecordingPublisher) -> None:
    _run(publisher, _chief(*(agent("I have looked", name=f"explorer{number}") for number in range(5))))
    assert {child.input_tokens for child in _children(publisher).values()} == {0}
    assert (_shown(publisher).input_tokens, _shown(publisher).output_tokens) == (3500, 700)


def a_child_of_a_child_has_its_key_before_its_own(publisher: RecordingPublisher) -> None:
    inner = agent("I have looked", name="innermost")
    middle = agent(["innermost"], "It has", name="middle", tools=(inner.as_tool("innermost", "Asks."),))
    call = [function_call("middle", {"input": "Look"}, call_id="1")]
    model = ScriptedModel([call, [assistant_message("Yes")]], default_usage=USAGE)
    middle.model = ScriptedModel(
        [[function_call("innermost", {"input": "Look"}, call_id="2")], [assistant_message("It has")]]
    )
    _run(publisher, Agent(name="Chief", model=model, tools=[middle.as_tool("middle", "Asks.")]))
    children = _children(publisher)
    assert children["innermost"].parent == children["middle"].session_key
    assert publisher.sessions == {}


def a_child_that_fails_is_an_error_of_its_own(publisher: RecordingPublisher) -> None:
    _run(publisher, _chief(agent(ValueError("boom"), name="explorer")))
    assert [(change.error_message, change.parent) for change in publisher.sessions.values()] == [("boom", KEY)]
    assert _outcomes(publisher)[KEY] == "done"


def a_child_that_is_cancelled_or_goes_on_after_its_parent_ends_as_cancelled(publisher: RecordingPublisher) -> None:
    async def cancel() -> None:
        openai_agents.running.clear()
        chief = _chief(agent(["wait"], name="explorer", tools=(wait,)))
        task = asyncio.create_task(Runner.run(chief, "Go on", run_config=THREAD))
        await asyncio.wait_for(openai_agents.running.wait(), SECONDS)
        assert len(publisher.sessions) == 2
        task.cancel()
        await asyncio.wait([task])

    late: list[asyncio.Task[Any]] = []

    @function_tool
    async def begin() -> str:
        """Starts another agent, and does not wait for it."""
        openai_agents.running.clear()
        late.append(asyncio.create_task(Runner.run(agent(["wait"], name="late", tools=(wait,)), "Look")))
        await asyncio.wait_for(openai_agents.running.wait(), SECONDS)
        return "started"

    async def leave() -> None:
        await Runner.run(agent(["begin"], "Done", tools=(begin,)), "Go on", run_config=THREAD)
        assert publisher.sessions == {}
        late[0].cancel()
        await asyncio.wait(late)

    status = StatusTraceProcessor(publisher, subagents="sessions")
    set_trace_processors([status])
    for play in (cancel, leave):
        asyncio.run(play())
        assert publisher.sessions == {}
        assert (status._seen, status._runs._by_run, status._runs._outermost) == ({}, {}, set())
    outcomes = [_outcomes(publisher)[child.session_key] for child in _children(publisher).values()]
    assert outcomes == ["cancelled", "cancelled"]
    set_trace_processors([])


def a_question_inside_a_child_is_asked_by_its_parent(publisher: RecordingPublisher) -> None:
    async def run(status: StatusTraceProcessor) -> None:
        chief = _chief(agent(["deploy"], "It is out", name="explorer", tools=(deploy,)))
        asking = await status.run(Runner.run(chief, "Go on", run_config=THREAD))
        assert {key: change.waiting_for for key, change in publisher.sessions.items()} == {KEY: "approval"}
        state = asking.to_state()
        state.approve(asking.interruptions[0])
        await status.run(Runner.run(chief, state))

    status = StatusTraceProcessor(publisher, subagents="sessions")
    set_trace_processors([status])
    asyncio.run(run(status))
    set_trace_processors([])
    assert publisher.sessions == {}


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
