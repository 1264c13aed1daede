"""What real frameworks' spans show. The recordings name the versions; the programs that made them are beside them."""

import json
from typing import Final, NamedTuple

import pytest

from tests.bridges.recorded.replay import FOLDER, replay, scenarios


class Shown(NamedTuple):
    """One row: its title, its states, its tokens."""

    title: str
    states: str
    tokens: tuple[int, int] = (20, 10)


TOOL: Final = "thinking, tool_running bash, thinking, end"
PLAIN: Final = "thinking, end"
NESTED: Final = "tool_running bash, tool_running ask_inner, thinking, end"
NONE: Final = (0, 0)
EXPECTED: Final[dict[str, dict[str, list[Shown]]]] = {
    "strands_agents": {
        "tools": [Shown("Weather", TOOL)],
        "agent_as_tool": [
            Shown(
                "Outer",
                "thinking, tool_running ask, thinking, tool_running bash, tool_running ask, thinking, end",
                (40, 20),
            )
        ],
        "graph": [Shown("N1", PLAIN)],
        "failing_graph": [Shown("N1", "thinking, error N2 broke", (10, 5))],
        "swarm": [Shown("S1", "thinking, tool_running handoff_to_agent, thinking, end", (30, 15))],
        "failing_swarm": [Shown("S1", "thinking, error S1 broke", NONE)],
        "job": [Shown("J0", "thinking, error J0 broke", NONE), Shown("J1", TOOL)],
    },
    "agent_framework_workflows": {
        "tools": [Shown("Weather", TOOL)],
        "failing_agent": [Shown("Weather", "thinking, error RuntimeError", NONE)],
        "workflow": [Shown("One", PLAIN)],
        "failing_branch": [Shown("Start", "thinking, error RuntimeError")],
        "failing_agent_under_job": [Shown("J0", "thinking, error RuntimeError", NONE), Shown("J1", TOOL)],
    },
    "langchain_openinference": {
        "tools": [Shown("Weather", TOOL)],
        "nameless": [Shown("LangGraph", PLAIN, (10, 5))],
        "chain": [Shown("RunnableSequence", PLAIN, (10, 5))],
        "failing": [Shown("Weather", "thinking, error overloaded", NONE)],
        "interrupted": [Shown("Approver", "thinking, waiting_for_user, end", NONE), Shown("Approver", PLAIN, NONE)],
        "agent_as_tool": [Shown("Outer", f"thinking, tool_running ask_inner, {NESTED}", (40, 20))],
    },
    "langchain_openllmetry": {
        "tools": [Shown("Weather", TOOL)],
        "nameless": [Shown("LangGraph", PLAIN, (10, 5))],
        "chain": [Shown("RunnableSequence", PLAIN, (10, 5))],
        "failing": [Shown("Weather", "thinking, error overloaded", NONE)],
        "interrupted": [Shown("Approver", "thinking, waiting_for_user, thinking, end", NONE)],
        "agent_as_tool": [Shown("Outer", f"thinking, tool_running ask_inner, {NESTED}", (40, 20))],
    },
    "langfuse_observations": {
        "tools": [Shown("weather", TOOL, (10, 5))],
        "failing": [Shown("weather", "thinking, tool_running bash, thinking, error overloaded", (10, 5))],
    },
    "smolagents_openinference": {
        "tools": [Shown("weather", "thinking, tool_running bash, thinking, tool_running final_answer, thinking, end")],
        "nameless": [Shown("ToolCallingAgent", "thinking, tool_running final_answer, thinking, end", (10, 5))],
        "code": [Shown("coder", "thinking, tool_running bash, thinking, tool_running final_answer, thinking, end")],
        "managed": [
            Shown(
                "boss",
                "thinking, tool_running bash, thinking, tool_running final_answer, thinking, "
                "tool_running final_answer, thinking, end",
                (40, 20),
            )
        ],
        "failing_then_another": [
            Shown("fails", "thinking, error Error while generating output: overloaded", NONE),
            Shown("works", "thinking, tool_running final_answer, thinking, end", (10, 5)),
        ],
    },
    "llama_index_openinference": {
        "tools": [Shown("ReActAgent", "thinking, tool_running FunctionTool, thinking, end")],
        "asking": [
            Shown(
                "ReActAgent",
                "thinking, tool_running FunctionTool, waiting_for_user, tool_running FunctionTool, thinking, end",
                (10, 5),  # after an answer, usage starts at zero
            )
        ],
        "workflow": [Shown("AgentWorkflow", "thinking, tool_running FunctionTool, thinking, end")],
        "failing": [Shown("ReActAgent", "thinking, error overloaded", NONE)],
    },
    "haystack_openinference": {
        "tools": [Shown("Agent", PLAIN)],
        "pipeline": [Shown("Pipeline", PLAIN)],
        "failing": [
            Shown(
                "Pipeline",
                "thinking, error The following component failed to run: Component name: 'clerk' "
                "Component type: 'Agent' Error: overloaded",
                NONE,
            )
        ],
    },
    "dspy_openinference": {
        "tools": [Shown("ReAct", "thinking, tool_running bash, thinking, tool_running finish, thinking, end", NONE)],
        "failing": [Shown("ReAct", "thinking, error overloaded", NONE)],
    },
    "autogen": {
        "tools": [Shown("weather", TOOL, NONE)],
        "failing": [Shown("weather", "thinking, error overloaded", NONE)],
        "team": [Shown("one", PLAIN, NONE), Shown("two", PLAIN, NONE)],
        "failing_team": [Shown("one", PLAIN, NONE), Shown("two", "thinking, error two broke", NONE)],
    },
    "autogen_openinference": {
        "tools": [Shown("weather", TOOL, NONE)],
        "failing": [Shown("weather", "thinking, error overloaded", NONE)],
        "team": [Shown("RoundRobinGroupChat", PLAIN, NONE)],
        "failing_team": [Shown("RoundRobinGroupChat", "thinking, error RuntimeError: two broke", NONE)],
    },
}
"""The rows by recording and scenario."""
CASES: Final = [(recording, scenario) for recording, played in EXPECTED.items() for scenario in played]


@pytest.mark.parametrize(
    ("recording", "scenario"), CASES, ids=[f"{recording}-{scenario}" for recording, scenario in CASES]
)
def test_a_recorded_run_shows_these_rows(recording: str, scenario: str) -> None:
    shown = [Shown(row.title or "", ", ".join(row.states), row.tokens) for row in replay(recording, scenario)]
    assert shown == EXPECTED[recording][scenario]


def test_every_recording_is_expected_here() -> None:
    recorded = {(path.stem, scenario) for path in FOLDER.glob("*.json") for scenario in scenarios(path.stem)}
    assert recorded == set(CASES)


@pytest.mark.parametrize("recording", EXPECTED)
def test_a_recording_names_the_versions_of_what_made_it(recording: str) -> None:
    versions = json.loads((FOLDER / f"{recording}.json").read_text("utf-8"))["versions"]
    assert versions
    assert all(versions.values())


def test_a_conversations_id_is_the_key_where_the_spans_say_it_in_time() -> None:
    assert {row.key for row in replay("strands_agents", "tools")} == {"opentelemetry:42"}
    assert {row.key for row in replay("langchain_openllmetry", "tools")} == {"opentelemetry:42"}
