"""A tool that runs while its block does."""

import asyncio

from agent_status_publisher.tool import Tool


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
