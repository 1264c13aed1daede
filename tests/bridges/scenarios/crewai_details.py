"""What CrewAI's crews show of themselves beside their state: the agent at work, its model and the tasks done."""

from collections.abc import Callable
from typing import Final

from crewai import LLM, Agent, Crew, Task

from agent_status_publisher.integrations import status_key
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import crewai as ordinary
from tests.bridges.scenarios.crewai import crew, explore, listening, scripted

PACKAGES = ("crewai",)


def _worker(llm: LLM, role: str) -> Agent:
    return Agent(role=role, goal="work", backstory="none", llm=llm, max_retry_limit=0, verbose=False)


def _two_tasks(llm: LLM) -> Crew:
    workers = [_worker(llm, "worker"), _worker(llm, "review\ner")]
    tasks = [Task(description="Work", expected_output="Anything", agent=worker) for worker in workers]
    return Crew(name="Workers", agents=workers, tasks=tasks, verbose=False)


def two_tasks(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted("Done", "Done") as llm:
        _two_tasks(llm).kickoff()


def agent_alone(publisher: RecordingPublisher) -> None:
    with listening(publisher), scripted("Done") as llm:
        _worker(llm, "clerk").kickoff("Work")


def crew_in_a_crew(publisher: RecordingPublisher) -> None:
    """The inner one has an agent and tasks of other names."""
    with listening(publisher), scripted(("explore",), "Done", "Done", "Done") as llm:
        made, ordinary.crew = ordinary.crew, _two_tasks  # type: ignore[assignment]
        ordinary.inner.append(llm)
        try:
            crew(llm, explore).kickoff()
        finally:
            ordinary.crew = made


def in_a_block(publisher: RecordingPublisher) -> None:
    with publisher.session("chat:1", labels={"agent": "mine"}) as session, status_key("chat:1"):
        session.progress(done=3, of=7)
        with listening(publisher), scripted("Done") as llm:
            crew(llm).kickoff()


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    play.__name__: play for play in (two_tasks, agent_alone, crew_in_a_crew, in_a_block)
}
