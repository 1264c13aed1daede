"""A tool that runs while its block does."""

import asyncio

import pytest

from agent_status_publisher.tool import Tool, ToolCall, shown_tool


def recorded() -> tuple[Tool, list[tuple[str, object]]]:
    calls: list[tuple[str, object]] = []
    return Tool(lambda call: calls.append(("start", call)), lambda call: calls.append(("end", call))), calls


def test_each_block_is_a_call_of_its_own_and_the_inner_one_ends_first() -> None:
    tool, calls = recorded()
    with tool, tool:
        pass
    (_, outer), (_, inner), *ends = calls
    assert outer != inner
    assert ends == [("end", inner), ("end", outer)]


def test_an_async_block_is_a_call_too() -> None:
    tool, calls = recorded()

    async def run() -> None:
        async with tool:
            assert [what for what, _ in calls] == ["start"]

    asyncio.run(run())
    assert [what for what, _ in calls] == ["start", "end"]


@pytest.mark.parametrize(
    ("name", "shown"), [("bash", "bash"), (None, "tool"), ("", "tool"), ("x" * 101, "x" * 99 + "…"), (3, "3")]
)
def test_a_tool_always_has_a_name_of_bounded_length(name: object, shown: str) -> None:
    assert shown_tool(name) == shown


def test_a_call_of_a_block_can_be_told_from_those_of_a_framework() -> None:
    tool, calls = recorded()
    with tool:
        assert isinstance(calls[0][1], ToolCall)
