"""Agents in tools of Pydantic AI that are sessions of their own; each is a rule, and asserts it."""

import asyncio
from functools import partial
from types import FunctionType
from typing import Any, Final

from pydantic_ai import Agent
from pydantic_ai.models.function import FunctionModel

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.pydantic_ai import StatusCapability
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.pydantic_ai import Answer, Tools, model, priced, words

PACKAGES = ("pydantic-ai-slim",)
KEY: Final = "pydantic_ai:42"


def _agent(publisher: RecordingPublisher, *script: Answer, subagents: Any = "sessions", **options: Any) -> Agent[Any]:
    capabilities = [StatusCapability(publisher, subagents=subagents)]
    return Agent(options.pop("model", None) or model(*script), capabilities=capabilities, **options)


def _chief(publisher: RecordingPublisher, explore: Any, *calls: str, **options: Any) -> Agent[Any]:
    """An agent with a tool `explore`, which it calls once, or with these."""
    return _agent(publisher, calls or ("explore",), "It has looked", name="chief", tools=[explore], **options)


def _play(chief: Agent[Any]) -> None:
    asyncio.run(chief.run("Work", conversation_id="42"))


def _newest(publisher: RecordingPublisher) -> dict[str, Any]:
    """The newest change of each session before its end."""
    return {change.session_key: change for change in publisher.changes if change.state is not None}


def _outcomes(publisher: RecordingPublisher) -> dict[str, str | None]:
    return {change.session_key: change.outcome for change in publisher.changes}


def an_agent_in_a_tool_is_a_child_with_labels_and_tokens_of_its_own(publisher: RecordingPublisher) -> None:
    inner = _agent(publisher, model=priced("I have looked"), name="explorer")

    async def explore() -> str:
        """Asks another agent."""
        return str((await inner.run("Look")).output)

    _play(_chief(publisher, explore))
    (child,) = (change for key, change in _newest(publisher).items() if key != KEY)
    outer = _newest(publisher)[KEY]
    assert child.session_key.startswith(f"{KEY}/")
    assert (child.parent, child.title, child.labels) == (KEY, "explorer", {"agent": "explorer", "model": "large"})
    assert (child.input_tokens, child.output_tokens, child.cost_usd) == (900, 100, 0.25)
    assert (outer.labels["agent"], outer.cost_usd, outer.context) == ("chief", None, None)
    assert child.context == (1000, 8000)
    assert publisher.states(child.session_key) == ["thinking", None]
    assert publisher.states(KEY) == ["thinking", "tool_running", "streaming", "thinking", None]
    assert _outcomes(publisher) == {KEY: "done", child.session_key: "done"}


def by_default_it_is_a_tool(publisher: RecordingPublisher) -> None:
    async def explore() -> str:
        """Asks another agent."""
        return str((await _agent(publisher, "I have looked", subagents="tool").run("Look")).output)

    _play(_chief(publisher, explore, subagents="tool"))
    assert set(_newest(publisher)) == {KEY}


def streamed_runs_have_children_and_are_children_too(publisher: RecordingPublisher) -> None:
    inner = _agent(publisher, model=FunctionModel(stream_function=words))

    async def explore() -> str:
        """Asks another agent."""
        async with inner.run_stream("Look") as stream:
            return str(await stream.get_output())

    async def iterate() -> None:
        async with _chief(publisher, explore).iter("Work", conversation_id="42") as run:
            async for _ in run:
                pass

    asyncio.run(iterate())
    (child,) = (change for key, change in _newest(publisher).items() if key != KEY)
    assert (child.parent, child.state) == (KEY, "streaming")
    assert publisher.sessions == {}


def agents_at_once_are_children_of_their_own_and_one_inside_them_is_theirs(publisher: RecordingPublisher) -> None:
    async def innermost() -> str:
        """Asks a third agent."""
        return str((await _agent(publisher, "Nothing", name="innermost").run("Look")).output)

    async def explore() -> str:
        """Asks another agent."""
        middle = _agent(publisher, ("innermost",), "I have looked", name="middle", tools=[innermost])
        return str((await middle.run("Look")).output)

    _play(_chief(publisher, explore, "explore", "explore"))
    parents = {key: change.parent for key, change in _newest(publisher).items()}
    middle = {key for key, parent in parents.items() if parent == KEY}
    assert len(middle) == 2
    assert {parent for key, parent in parents.items() if key not in {*middle, KEY}} == middle
    assert publisher.sessions == {}


def an_agent_that_no_tool_of_a_child_runs_is_a_part_of_that_child(publisher: RecordingPublisher) -> None:
    helper = _agent(publisher, "Be brief", name="helper")
    inner = _agent(publisher, "I have looked", name="explorer")

    @inner.instructions
    async def ask() -> str:
        return str((await helper.run("How?")).output)

    async def explore() -> str:
        """Asks another agent."""
        return str((await inner.run("Look")).output)

    _play(_chief(publisher, explore))
    assert len(_newest(publisher)) == 2
    assert {change.labels.get("agent") for change in publisher.changes if change.parent} == {None, "explorer"}


def a_child_that_fails_is_an_error_of_its_own(publisher: RecordingPublisher) -> None:
    async def explore() -> str:
        """Asks another agent, and goes on without its answer."""
        try:
            await _agent(publisher).run("Look")
        except RuntimeError:
            return "nothing"
        return "something"

    _play(_chief(publisher, explore))
    assert [(change.error_message, change.parent) for change in publisher.sessions.values()] == [("boom", KEY)]
    assert _outcomes(publisher)[KEY] == "done"


def a_child_that_is_cancelled_or_goes_on_after_its_parent_ends_as_cancelled(publisher: RecordingPublisher) -> None:
    tools = Tools(partial(_agent, publisher))
    late: list[asyncio.Task[Any]] = []

    async def explore() -> str:
        """Asks another agent, which never answers."""
        return str((await _agent(publisher, ("wait",), tools=[tools.wait]).run("Look")).output)

    async def begin() -> str:
        """Starts another agent, and does not wait for it."""
        late.append(asyncio.create_task(explore()))
        await tools.running.wait()
        return "started"

    async def cancel() -> None:
        task = asyncio.create_task(_chief(publisher, explore).run("Work", conversation_id="42"))
        await tools.running.wait()
        assert len(publisher.sessions) == 2
        task.cancel()
        await asyncio.wait([task])

    async def leave() -> None:
        tools.running.clear()
        chief = _agent(publisher, ("begin",), "Done", tools=[begin])
        await chief.run("Work", conversation_id="42")
        assert publisher.sessions == {}
        late[0].cancel()
        await asyncio.wait(late)

    async def both() -> None:
        await cancel()
        await leave()

    asyncio.run(both())
    assert publisher.sessions == {}
    children = [key for key in _outcomes(publisher) if key != KEY]
    assert [_outcomes(publisher)[key] for key in children] == ["cancelled", "cancelled"]


def on_two_boards_it_is_a_child_of_both(publisher: RecordingPublisher) -> None:
    with RecordingPublisher() as other, status_key("chat:42"):
        both: Any = [StatusCapability(board, subagents="sessions") for board in (publisher, other)]
        inner = Agent(model("I have looked"), capabilities=both)

        async def explore() -> str:
            """Asks another agent."""
            return str((await inner.run("Look")).output)

        _play(Agent(model(("explore",), "It has looked"), tools=[explore], capabilities=both))
        for board in (publisher, other):
            assert {change.parent for key, change in _newest(board).items() if key != "chat:42"} == {"chat:42"}


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
