"""CrewAI on the dashboard: one line, `StatusListener(publisher)`. Run it beside `agent-status-gateway watch`.

A real crew, and a model that needs no network and no key. Needs `pip install crewai`.
"""

import time
from typing import Any

from crewai import Agent, BaseLLM, Crew, Task
from crewai.tools import tool

from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.crewai import StatusListener


@tool("bash")
def bash(command: str) -> str:
    """Runs a command."""
    time.sleep(3)
    return f"{command}: notes.txt"


class Pretending(BaseLLM):
    """A model that calls the tool first, and then answers."""

    def call(self, messages: Any, *_: Any, **__: Any) -> str:
        time.sleep(2)
        if "notes.txt" not in str(messages):
            return 'Thought: I must look.\nAction: bash\nAction Input: {"command": "ls"}'
        return "Thought: I have seen it.\nFinal Answer: There are notes."


def main() -> None:
    with StatusPublisher() as publisher:
        StatusListener(publisher)
        agent = Agent(
            role="Clerk", goal="Tidy up", backstory="Likes order.", llm=Pretending(model="none"), tools=[bash]
        )
        task = Task(description="Look what is there", expected_output="A sentence", agent=agent)
        Crew(name="Office", agents=[agent], tasks=[task]).kickoff()


if __name__ == "__main__":
    main()
