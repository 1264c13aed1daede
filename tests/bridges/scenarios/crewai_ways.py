"""What may happen to CrewAI's runs beside their ordinary course."""

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from unittest.mock import patch

from crewai import LLM, Agent
from crewai.events import crewai_event_bus
from crewai.flow import Flow, human_feedback, listen, start
from crewai.flow.async_feedback import HumanFeedbackPending, PendingFeedbackContext
from crewai.flow.persistence import SQLiteFlowPersistence
from crewai.tools import tool

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.crewai import StatusListener, listener, roots
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import crewai as ordinary
from tests.bridges.scenarios.crewai import SECONDS, crew, listening, scripted

PACKAGES = ("crewai",)


def agent(llm: LLM, *tools: Any) -> Agent:
    return Agent(role="worker", goal="work", backstory="none", llm=llm, tools=list(tools), max_retry_limit=0)


@tool("bash")
def bash() -> str:
    """Runs a command."""
    return "done"


def agent_alone(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted(("bash",), "Done") as llm:
        agent(llm, bash).kickoff("Work")


def agent_that_fails(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted() as llm:
        agent(llm).kickoff("Work")


def agent_asked_twice_at_once(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted("Done", "Done") as llm:
        shared = agent(llm)

        async def ask(key: str) -> None:
            with status_key(key):
                await shared.kickoff_async("Work")

        async def both() -> None:
            await asyncio.gather(ask("chat:1"), ask("chat:2"))

        asyncio.run(both())


def time_limit_and_the_next_crew_in_the_same_task(publisher: RecordingPublisher) -> None:
    with listening(publisher):
        asyncio.run(_time_limit_and_the_next(_kick_off_crew))


def time_limit_and_the_next_agent_in_the_same_task(publisher: RecordingPublisher) -> None:
    with listening(publisher):
        asyncio.run(_time_limit_and_the_next(_kick_off_agent))


async def _kick_off_crew(llm: LLM, *tools: Any) -> None:
    await crew(llm, *tools).akickoff()


async def _kick_off_agent(llm: LLM, *tools: Any) -> None:
    await agent(llm, *tools).kickoff_async("Work")


async def _time_limit_and_the_next(kick_off: Callable[..., Any]) -> None:
    ordinary.released.clear()
    with scripted(("wait",)) as llm, status_key("chat:1"), suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await kick_off(llm, ordinary.wait)
    with scripted("Done") as llm, status_key("chat:2"):
        await kick_off(llm)
    ordinary.released.set()


def cancelled_and_forgotten(publisher: RecordingPublisher) -> None:
    ordinary.running.clear()
    ordinary.released.clear()
    with listening(publisher), scripted(("wait",)) as llm:
        asyncio.run(_cancelled(llm))
        give_up_at = time.monotonic() + SECONDS
        while publisher.sessions and time.monotonic() < give_up_at:
            gc.collect()
            time.sleep(0.01)


async def _cancelled(llm: LLM) -> None:
    task = asyncio.create_task(_kick_off_crew(llm, ordinary.wait))
    await asyncio.to_thread(ordinary.running.wait, SECONDS)
    task.cancel()
    await asyncio.wait([task])
    ordinary.released.set()


class Sleeping(Flow[dict]):
    @start()
    async def work(self) -> None:
        ordinary.running.set()
        await asyncio.sleep(SECONDS)


async def _kick_off_flow(_: LLM, *__: Any) -> None:
    await Sleeping().kickoff_async()


async def _cancelled_but_remembered(publisher: RecordingPublisher, kick_off: Callable[..., Any]) -> None:
    """Nothing is garbage-collected: only the end of the task is there to be seen."""
    ordinary.running.clear()
    ordinary.released.clear()
    with scripted(("wait",)) as llm:
        task = asyncio.create_task(kick_off(llm, ordinary.wait))
        await asyncio.to_thread(ordinary.running.wait, SECONDS)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.to_thread(_wait_for_the_end, publisher)
        ordinary.released.set()


def _wait_for_the_end(publisher: RecordingPublisher) -> None:
    give_up_at = time.monotonic() + SECONDS
    while publisher.sessions and time.monotonic() < give_up_at:
        time.sleep(0.01)


def _cancelled_in_a_task(kick_off: Callable[..., Any]) -> Callable[[RecordingPublisher], None]:
    def play(publisher: RecordingPublisher) -> None:
        gc.disable()
        try:
            with patch.object(listener, "GRACE_SECONDS", 0.05), listening(publisher):
                asyncio.run(_cancelled_but_remembered(publisher, kick_off))
                assert publisher.sessions == {}
        finally:
            gc.enable()

    return play


def flow_that_fails_in_a_task(publisher: RecordingPublisher) -> None:
    """What CrewAI reports itself wins over the end of the task."""

    class Failing(Flow[dict]):
        @start()
        async def work(self) -> None:
            raise RuntimeError("boom")

    async def run() -> None:
        await asyncio.wait([asyncio.create_task(Failing().kickoff_async())])
        crewai_event_bus.flush()

    with patch.object(listener, "GRACE_SECONDS", 0.05), listening(publisher):
        asyncio.run(run())


def agent_with_a_slow_guardrail(publisher: RecordingPublisher) -> None:
    """CrewAI's task for the agent's loop is over before the guardrail begins."""
    seen: list[dict[str, Any]] = []

    def check(output: Any) -> tuple[bool, Any]:
        time.sleep(0.2)
        seen.append(publisher.sessions)
        return True, output

    with patch.object(listener, "GRACE_SECONDS", 0.05), listening(publisher), scripted("Done") as llm:
        Agent(role="worker", goal="work", backstory="none", llm=llm, guardrail=check).kickoff("Work")
    assert [len(sessions) for sessions in seen] == [1]


def titles(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted(*["Done"] * 3) as llm:
        with status_key("chat:agent"):
            agent(llm).kickoff("Work")
        with status_key("chat:named"):
            crew(llm).kickoff()
        unnamed = crew(llm)
        unnamed.name = None
        with status_key("chat:unnamed"):
            unnamed.kickoff()
        with status_key("chat:flow"):
            Empty().kickoff()


class Empty(Flow[dict]):
    @start()
    def work(self) -> str:
        return "done"


def many_crews_in_a_flow(publisher: RecordingPublisher) -> None:
    """More than are remembered."""
    with patch.object(roots, "MAX_SCOPES", 12), listening(publisher), scripted(*["Done"] * 5) as llm:

        class Working(Flow[dict]):
            @start()
            def work(self) -> None:
                for _ in range(5):
                    crew(llm).kickoff()

        Working().kickoff()


def flow_that_fails(publisher: RecordingPublisher) -> None:
    with listening(publisher):

        class Failing(Flow[dict]):
            @start()
            def work(self) -> None:
                raise RuntimeError("boom")

        Failing().kickoff()


class ByMail:
    """Asks, and does not wait."""

    def request_feedback(self, context: PendingFeedbackContext, _: Any) -> str:
        raise HumanFeedbackPending(context=context)


class Publishing(Flow[dict]):
    @start()
    @human_feedback(message="Shall I?", provider=ByMail())
    def write(self) -> str:
        return "A page"

    @listen(write)
    def publish(self) -> str:
        for _ in range(2):
            crew(ordinary.inner[-1]).kickoff()
        return "done"


def paused_and_resumed(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted("Done", "Done") as llm:
        ordinary.inner.append(llm)
        kept = SQLiteFlowPersistence()
        paused = Publishing(persistence=kept)
        paused.kickoff()
        crewai_event_bus.flush()
        Publishing.from_pending(paused.flow_id, kept).resume("Yes")


def closed_in_the_middle(publisher: RecordingPublisher) -> None:
    closing = StatusListener(publisher)

    @tool("close")
    def close() -> str:
        """Takes the listener off."""
        crewai_event_bus.flush()
        closing.close()
        return "done"

    with scripted(("close",), "Done") as llm:
        crew(llm, close).kickoff()
        crewai_event_bus.flush()


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    play.__name__: play
    for play in (
        agent_alone,
        agent_that_fails,
        agent_asked_twice_at_once,
        time_limit_and_the_next_crew_in_the_same_task,
        time_limit_and_the_next_agent_in_the_same_task,
        cancelled_and_forgotten,
        many_crews_in_a_flow,
        flow_that_fails,
        paused_and_resumed,
        closed_in_the_middle,
        flow_that_fails_in_a_task,
        agent_with_a_slow_guardrail,
        titles,
    )
} | {
    f"cancelled_{name}": _cancelled_in_a_task(kick_off)
    for name, kick_off in {"crew": _kick_off_crew, "agent": _kick_off_agent, "flow": _kick_off_flow}.items()
}
