"""Tokens, titles and the one hint of a conversation of the Claude Agent SDK."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, query

from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.claude_agent_sdk import ScriptedCli

PACKAGES = ("claude-agent-sdk",)
OLDER: Final = (7000, 700)
"""Tokens of a conversation before this process."""


def _by_model(read: int, written: int) -> dict[str, Any]:
    cached = {"cacheReadInputTokens": read // 2, "cacheCreationInputTokens": 0}
    main = {"inputTokens": read - read // 2, "outputTokens": written - 10, **cached}
    return {"big": main, "small": {"inputTokens": 0, "outputTokens": 10}}


async def with_a_subagent(cli: ScriptedCli, spent: tuple[int, int] = (0, 0)) -> None:
    """The main agent's result has 500 and 100 tokens. The two calls of its subagent have 1000 and, by now, 100."""
    await cli.start("t1", "Agent")
    cli.assistant({"type": "text", "text": "Looking"}, parent_tool_use_id="t1")
    cli.assistant({"type": "text", "text": "It has looked"}, parent_tool_use_id="t1")
    await cli.finish("t1", "Agent")
    cli.result(modelUsage=_by_model(spent[0] + 1500, spent[1] + 340))


async def resumed(cli: ScriptedCli) -> None:
    await with_a_subagent(cli, OLDER)


async def of_an_older_cli(cli: ScriptedCli) -> None:
    """Its result has no totals by model."""
    await cli.start("t1", "Agent")
    cli.assistant({"type": "text", "text": "It has looked"}, parent_tool_use_id="t1")
    await cli.finish("t1", "Agent")
    cli.result()


async def second_turn(cli: ScriptedCli) -> None:
    await with_a_subagent(cli, (1500, 340))


async def _turns(publisher: RecordingPublisher, *scripts: Any) -> None:
    options = with_status(ClaudeAgentOptions(), publisher)
    async with ClaudeSDKClient(options, transport=ScriptedCli(*scripts)) as client:
        for _ in scripts:
            await client.query("Go on")
            async for _message in watch(client.receive_response(), publisher):
                pass


def named_by_the_agents_code(publisher: RecordingPublisher) -> None:
    async def agent() -> None:
        options = with_status(ClaudeAgentOptions(), publisher)
        messages = query(prompt="Go on", options=options, transport=ScriptedCli(of_an_older_cli))
        async for message in watch(messages, publisher, title="Fix auth bug"):
            if type(message).__name__ == "ResultMessage":
                break

    asyncio.run(agent())


def without_watch(publisher: RecordingPublisher) -> None:
    """Two turns, one hint."""

    async def stopping(cli: ScriptedCli) -> None:
        await cli.start("t1", "bash")
        await cli.finish("t1", "bash")
        await cli.hook("Stop", stop_hook_active=False)
        cli.result()

    async def agent() -> None:
        options = with_status(ClaudeAgentOptions(), publisher)
        async with ClaudeSDKClient(options, transport=ScriptedCli(stopping, stopping)) as client:
            for _ in range(2):
                await client.query("Go on")
                async for _message in client.receive_response():
                    pass

    asyncio.run(agent())


def _play(*scripts: Any) -> Callable[[RecordingPublisher], None]:
    return lambda publisher: asyncio.run(_turns(publisher, *scripts))


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "subagent": _play(with_a_subagent),
    "second_turn": _play(with_a_subagent, second_turn),
    "resumed": _play(resumed),
    "older_cli": _play(of_an_older_cli),
    "named_by_the_agents_code": named_by_the_agents_code,
    "without_watch": without_watch,
}
