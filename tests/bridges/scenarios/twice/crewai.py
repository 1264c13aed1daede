"""CrewAI: two listeners on its bus."""

from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import crewai
from tests.bridges.scenarios.crewai import listening

PACKAGES = crewai.PACKAGES


def _twice(publisher: RecordingPublisher) -> None:
    with listening(publisher):
        crewai.SCENARIOS["subagent"](publisher)


SCENARIOS = {"once": crewai.SCENARIOS["subagent"], "twice": _twice}
