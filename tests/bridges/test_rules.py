"""What some bridges do beyond the scenarios of all. Each of their rules asserts itself, where its framework is."""

import pytest

from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    ("bridge", "rules"),
    [
        ("crewai", "crewai_rows"),
        ("langchain", "langchain_rules"),
        ("langchain", "langgraph_rules"),
        ("langchain", "langchain_rows"),
        ("claude_agent_sdk", "claude_agent_sdk_rows"),
        ("openai_agents", "openai_agents_rules"),
        ("openai_agents", "openai_agents_hooks"),
        ("openai_agents", "openai_agents_rows"),
        ("openai_agents", "openai_agents_twice"),
        ("opentelemetry", "opentelemetry_rows"),
        ("pydantic_ai", "pydantic_ai_rows"),
    ],
)
def test_its_rules_hold_and_nothing_is_ignored(bridge: str, rules: str) -> None:
    published, _ = driven(rules, bridge=bridge)
    assert published
    broken = {
        rule: (run.raised, run.reported, run.changes) for rule, run in published.items() if run.raised or run.reported
    }
    assert broken == {}
