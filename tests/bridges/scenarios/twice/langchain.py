"""LangChain: installed twice, and two handlers at the call."""

from langchain.agents import create_agent

from agent_status_publisher.integrations.langchain import StatusCallbackHandler, install
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import langchain
from tests.bridges.scenarios.langchain import ASKED, explore

PACKAGES = langchain.PACKAGES


def _run(publisher: RecordingPublisher, times: int) -> None:
    for _ in range(times):
        install(publisher)
    try:
        handlers = [StatusCallbackHandler(publisher) for _ in range(times)]
        agent = create_agent(langchain._model(langchain._calls("explore"), "It has looked"), [explore])
        agent.invoke(ASKED, {"callbacks": handlers, "configurable": {"thread_id": "42"}})
    finally:
        install(None)


SCENARIOS = {"once": lambda publisher: _run(publisher, 1), "twice": lambda publisher: _run(publisher, 2)}
