"""Claude Agent SDK: options with the status twice, and a watched stream that is watched again.

Its turns in one block of the agent's own code are here, too: the session has the tokens of all of them.
"""

import asyncio

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, query

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios import claude_agent_sdk
from tests.bridges.scenarios.claude_agent_sdk import ScriptedCli, plain, subagent

PACKAGES = claude_agent_sdk.PACKAGES


def _run(publisher: RecordingPublisher, times: int) -> None:
    async def run() -> None:
        options = ClaudeAgentOptions()
        for _ in range(times):
            options = with_status(options, publisher)
        messages = query(prompt="Go on", options=options, transport=ScriptedCli(subagent))
        for _ in range(times):
            messages = watch(messages, publisher)
        async for message in messages:
            if type(message).__name__ == "ResultMessage":
                break

    asyncio.run(run())


def _turns_in_a_block(publisher: RecordingPublisher) -> None:
    async def run() -> None:
        options = with_status(ClaudeAgentOptions(), publisher)
        async with ClaudeSDKClient(options, transport=ScriptedCli(plain, plain)) as client:
            with publisher.session("chat:42"), status_key("chat:42"):
                for turn in (1, 2):
                    await client.query("Go on")
                    async for _ in watch(client.receive_response(), publisher):
                        pass
                    shown = publisher.sessions["chat:42"]
                    assert (shown.input_tokens, shown.output_tokens) == (turn * 500, turn * 100)

    asyncio.run(run())


SCENARIOS = {
    "once": lambda publisher: _run(publisher, 1),
    "twice": lambda publisher: _run(publisher, 2),
    "turns_in_a_block": _turns_in_a_block,
}
