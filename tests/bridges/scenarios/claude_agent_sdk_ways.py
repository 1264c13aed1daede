"""What may happen in a conversation of the Claude Agent SDK beside its ordinary course."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    ProcessError,
    ToolPermissionContext,
    query,
)

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status
from agent_status_publisher.testing import RecordingPublisher
from tests.bridges.scenarios.claude_agent_sdk import Script, ScriptedCli, plain

PACKAGES = ("claude-agent-sdk",)
TASK: Final = {"task_id": "k1", "task_type": "local_agent", "description": "Look"}
OTHER: Final = "other"


async def converse(publisher: RecordingPublisher, cli: ScriptedCli, **options: Any) -> None:
    """To the end of the stream."""

    async def prompts() -> Any:
        yield {"type": "user", "message": {"role": "user", "content": "Go on"}}

    shown = with_status(ClaudeAgentOptions(**options), publisher)
    async for _ in watch(query(prompt=prompts(), options=shown, transport=cli), publisher):
        pass


async def agent_in_the_background(cli: ScriptedCli) -> None:
    cli.say("system", subtype="task_started", **TASK)
    cli.result()
    cli.say("system", subtype="task_updated", session_id=None, task_id="k1", patch={"status": "completed"})
    cli.assistant({"type": "text", "text": "It has looked"})
    cli.result()
    cli.hang_up()


async def cleared(cli: ScriptedCli) -> None:
    cli.assistant({"type": "text", "text": "Hello"})
    cli.say("conversation_reset", new_conversation_id="n")
    cli.say("system", subtype="init", session_id=OTHER)
    cli.result(session_id=OTHER)
    cli.hang_up()


async def two_questions(cli: ScriptedCli) -> None:
    await asyncio.gather(cli.start("t1", "bash"), cli.start("t2", "read"))
    await asyncio.gather(*(permission(cli, call, name) for call, name in (("t1", "bash"), ("t2", "read"))))
    await cli.finish("t1", "bash")
    await cli.finish("t2", "read")
    cli.result()
    cli.hang_up()


async def refused(cli: ScriptedCli) -> None:
    await cli.start("t1", "bash")
    await permission(cli, "t1", "bash")
    answer = {"type": "tool_result", "tool_use_id": "t1", "content": "no"}
    cli.say("user", message={"role": "user", "content": [answer]})
    cli.result()
    cli.hang_up()


async def permission(cli: ScriptedCli, call: str, name: str) -> None:
    await cli.ask(subtype="can_use_tool", tool_name=name, input={}, permission_suggestions=[], tool_use_id=call)


async def with_a_tool(cli: ScriptedCli) -> None:
    await cli.start("t1", "bash")
    await cli.finish("t1", "bash")
    cli.result()
    cli.hang_up()


async def falling(cli: ScriptedCli) -> None:
    await cli.start("t1", "bash")
    cli.fall(ProcessError("It was killed", exit_code=137))


async def failing_in_another_shape(cli: ScriptedCli) -> None:
    cli.result(is_error=True, subtype="error_during_execution", errors=[{"message": "boom"}], result=None)
    cli.hang_up()


async def late(cli: ScriptedCli) -> None:
    await cli.start("t1", "bash")
    cli.result()
    await asyncio.sleep(0.1)
    await cli.finish("t1", "bash")
    await cli.hook("PreToolUse", tool_name="read", tool_input={}, tool_use_id="t2")
    cli.hang_up()


def two_questions_at_once(publisher: RecordingPublisher) -> None:
    async def human(name: str, _: dict[str, Any], __: ToolPermissionContext) -> PermissionResultAllow:
        await asyncio.sleep(0.1 if name == "bash" else 0.3)
        return PermissionResultAllow()

    asyncio.run(converse(publisher, ScriptedCli(two_questions), can_use_tool=human))


def permission_refused(publisher: RecordingPublisher) -> None:
    async def human(*_: object) -> PermissionResultDeny:
        await asyncio.sleep(0)
        return PermissionResultDeny("no")

    asyncio.run(converse(publisher, ScriptedCli(refused), can_use_tool=human))


def hooks_of_the_agents_own(publisher: RecordingPublisher) -> None:
    called: list[str] = []

    async def own(published: Any, *_: object) -> dict[str, Any]:
        await asyncio.sleep(0)
        called.append(published["hook_event_name"])
        return {}

    hooks = {event: [HookMatcher(hooks=[own])] for event in ("PreToolUse", "UserPromptSubmit")}
    asyncio.run(converse(publisher, ScriptedCli(with_a_tool), hooks=hooks))
    assert called == ["UserPromptSubmit", "PreToolUse"]


def loop_that_raises(publisher: RecordingPublisher) -> None:
    async def agent() -> None:
        options = with_status(ClaudeAgentOptions(), publisher)
        async with ClaudeSDKClient(options, transport=ScriptedCli(plain)) as client:
            await client.query("Go on")
            async for _ in watch(client.receive_response(), publisher):
                raise ValueError("boom")

    asyncio.run(agent())


def two_agents_of_one_key(publisher: RecordingPublisher) -> None:
    async def agents() -> None:
        with status_key("chat:42"):
            clis = (ScriptedCli(with_a_tool), ScriptedCli(late, session_id=OTHER))
            await asyncio.gather(*(converse(publisher, cli) for cli in clis))

    asyncio.run(agents())


def _play(script: Script) -> Callable[[RecordingPublisher], None]:
    return lambda publisher: asyncio.run(converse(publisher, ScriptedCli(script)))


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "agent_in_the_background": _play(agent_in_the_background),
    "cleared": _play(cleared),
    "two_questions_at_once": two_questions_at_once,
    "permission_refused": permission_refused,
    "hooks_of_the_agents_own": hooks_of_the_agents_own,
    "process_that_falls": _play(falling),
    "error_of_another_shape": _play(failing_in_another_shape),
    "late_hooks": _play(late),
    "loop_that_raises": loop_that_raises,
    "two_agents_of_one_key": two_agents_of_one_key,
}
