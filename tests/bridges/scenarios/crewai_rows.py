"""Crews in tools of crews that are sessions of their own; each is a rule, and asserts it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, Final

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.crewai import StatusListener
from agent_status_publisher.testing import RecordingPublisher
from chaos.wait import wait_until
from tests.bridges.scenarios import crewai as ordinary
from tests.bridges.scenarios.crewai import SECONDS, crew, explore, released, running, scripted, wait

from crewai import LLM, Agent, Crew  # isort: skip - after the settings of the scenarios
from crewai.events import crewai_event_bus  # isort: skip
from crewai.tools import tool  # isort: skip

PACKAGES = ("crewai",)
KEY: Final = "chat:42"


@contextmanager
def _listening(publisher: RecordingPublisher) -> Iterator[StatusListener]:
    listener = StatusListener(publisher, subagents="sessions")
    try:
        with status_key(KEY):
            yield listener
    finally:
        crewai_event_bus.flush()
        listener.close()


def _newest(publisher: RecordingPublisher) -> dict[str, Any]:
    """The newest change of each session before its end."""
    return {change.session_key: change for change in publisher.changes if change.state is not None}


def _children(publisher: RecordingPublisher) -> list[Any]:
    return [change for key, change in _newest(publisher).items() if key != KEY]


def _outcomes(publisher: RecordingPublisher) -> dict[str, str | None]:
    return {change.session_key: change.outcome for change in publisher.changes}


def a_crew_in_a_tool_is_a_child_with_tokens_of_its_own(publisher: RecordingPublisher) -> None:
    with _listening(publisher), scripted(("explore",), "I have looked", "It has looked") as model:
        ordinary.inner.append(model)
        crew(model, explore).kickoff()
    (child,) = _children(publisher)
    assert child.session_key.startswith(f"{KEY}/")
    assert (child.parent, child.title, child.labels["agent"]) == (KEY, "Workers", "worker")
    assert (child.input_tokens, child.output_tokens, child.progress) == (500, 100, (1, 1))
    assert publisher.states(child.session_key) == ["thinking", None]
    outer = [change for change in publisher.changes if change.session_key == KEY]
    assert {change.tool_name for change in outer} == {None, "explore"}
    assert (_newest(publisher)[KEY].input_tokens, _newest(publisher)[KEY].progress) == (1000, (1, 1))
    assert _outcomes(publisher) == {KEY: "done", child.session_key: "done"}


def an_agent_in_a_tool_is_a_child_too(publisher: RecordingPublisher) -> None:
    @tool("explore")
    def ask() -> str:
        """Asks an agent without a crew."""
        clerk = Agent(role="clerk", goal="work", backstory="none", llm=ordinary.inner[-1], max_retry_limit=0)
        return str(clerk.kickoff("Work"))

    with _listening(publisher), scripted(("explore",), "I have looked", "It has looked") as model:
        ordinary.inner.append(model)
        crew(model, ask).kickoff()
    (child,) = _children(publisher)
    assert (child.parent, child.title, child.labels["agent"]) == (KEY, "clerk", "clerk")
    assert publisher.sessions == {}


def a_child_that_fails_is_an_error_of_its_own(publisher: RecordingPublisher) -> None:
    with _listening(publisher), scripted(("explore",), "It has looked") as model, scripted() as broken:
        ordinary.inner.append(broken)
        crew(model, explore).kickoff()
    assert [change.parent for change in publisher.sessions.values()] == [KEY]
    assert {change.state for change in publisher.sessions.values()} == {"error"}
    assert _outcomes(publisher)[KEY] == "done"


def a_child_that_goes_on_after_its_parent_ends_as_cancelled(publisher: RecordingPublisher) -> None:
    async def agent(model: Any) -> None:
        with publisher.session(KEY):
            await crew(model, explore).akickoff()

    async def cancel(model: Any) -> None:
        task = asyncio.create_task(agent(model))
        await asyncio.to_thread(running.wait, SECONDS)
        assert len(publisher.sessions) == 2
        task.cancel()
        await asyncio.wait([task])
        await asyncio.to_thread(wait_until, lambda: publisher.sessions == {}, "both have ended", SECONDS)
        released.set()

    running.clear()
    released.clear()
    with (
        _listening(publisher) as listener,
        scripted(("explore",), "Late") as model,
        scripted(("wait",), "Late") as slow,
    ):
        ordinary.inner.append(slow)
        made = ordinary.crew

        def waiting(model: LLM, *tools: Any) -> Crew:
            return made(model, *tools, wait)

        ordinary.crew = waiting
        try:
            asyncio.run(cancel(model))
        finally:
            ordinary.crew = made
    (child,) = _children(publisher)
    assert _outcomes(publisher)[child.session_key] == "cancelled"
    assert publisher.sessions == {}
    assert (listener._roots.by_run, listener._roots.by_scope) == ({}, {})


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
