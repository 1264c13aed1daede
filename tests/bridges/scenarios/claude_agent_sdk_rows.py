"""What the bridge to the Claude Agent SDK says of a session besides its state; each is a rule, and asserts it."""

import asyncio
from types import FunctionType
from typing import Any, Final

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, PermissionResultAllow, PermissionResultDeny

from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status
from agent_status_publisher.testing import RecordingPublisher
from chaos.wait import wait_until
from tests.bridges.scenarios.claude_agent_sdk import Script, ScriptedCli

PACKAGES = ("claude-agent-sdk",)
KEY: Final = "claude_agent_sdk:3f2a"
SECONDS: Final = 20


def _spent(read: int, window: int = 8000) -> dict[str, Any]:
    model = {"inputTokens": read, "outputTokens": read // 5, "costUSD": read / 1000, "contextWindow": window}
    return {"scripted": model}


def _say(cli: ScriptedCli, text: str, parent: str | None = None) -> None:
    cli.assistant({"type": "text", "text": text}, parent_tool_use_id=parent)


async def _converse(publisher: RecordingPublisher, *scripts: Script, subagents: Any = "tool", **options: Any) -> None:
    shown = with_status(ClaudeAgentOptions(**options), publisher)
    async with ClaudeSDKClient(shown, transport=ScriptedCli(*scripts)) as client:
        for _ in scripts:
            await client.query("Go on")
            async for _message in watch(client.receive_response(), publisher, subagents=subagents):
                pass


def _play(publisher: RecordingPublisher, *scripts: Script, **options: Any) -> None:
    asyncio.run(_converse(publisher, *scripts, **options))


def _newest(publisher: RecordingPublisher) -> dict[str, Any]:
    """The newest change of each session before its end."""
    return {change.session_key: change for change in publisher.changes if change.state is not None}


def _outcomes(publisher: RecordingPublisher) -> dict[str, str | None]:
    return {change.session_key: change.outcome for change in publisher.changes}


async def _until(publisher: RecordingPublisher, text: str, ready: Any) -> None:
    """Wait until the loop has read what came before."""
    await asyncio.to_thread(wait_until, lambda: ready(_newest(publisher)), text, SECONDS)


async def _kind(cli: ScriptedCli, call: str, kind: str, *, background: bool = False) -> None:
    """Claude calls a subagent."""
    cli.assistant({"type": "tool_use", "id": call, "name": "Agent", "input": {}})
    asked = {"subagent_type": kind, "prompt": "a secret", "run_in_background": background}
    await cli.hook("PreToolUse", tool_name="Agent", tool_input=asked, tool_use_id=call)


async def _works(cli: ScriptedCli, agent: str, kind: str, call: str, tool: str) -> None:
    await cli.hook("PreToolUse", tool_name="read", tool_input={}, tool_use_id=tool, agent_id=agent, agent_type=kind)
    cli.assistant({"type": "tool_use", "id": tool, "name": "read", "input": {}}, parent_tool_use_id=call)
    await cli.hook(
        "PostToolUse",
        tool_name="read",
        tool_input={},
        tool_response="",
        tool_use_id=tool,
        agent_id=agent,
        agent_type=kind,
    )


def the_labels_are_the_model_and_the_kind_of_the_main_agent(publisher: RecordingPublisher) -> None:
    async def script(cli: ScriptedCli) -> None:
        await cli.start("t1", "bash", agent_type="reviewer")
        await cli.start("t2", "read", agent_id="a1", agent_type="Explore")
        await cli.finish("t2", "read", agent_id="a1", agent_type="Explore")
        await cli.finish("t1", "bash", agent_type="reviewer")
        cli.result()

    _play(publisher, script)
    assert _newest(publisher)[KEY].labels == {"agent": "reviewer", "model": "scripted"}
    assert set(_newest(publisher)) == {KEY}


def an_interrupted_turn_is_cancelled_and_others_are_done(publisher: RecordingPublisher) -> None:
    async def interrupted(cli: ScriptedCli) -> None:
        cli.result(subtype="error_during_execution", is_error=True, terminal_reason="aborted_tools")

    async def done(cli: ScriptedCli) -> None:
        cli.result()

    _play(publisher, interrupted, done)
    assert [change.outcome for change in publisher.changes if change.state is None] == ["cancelled", "done"]


def a_permission_waits_for_approval_and_a_question_for_an_answer(publisher: RecordingPublisher) -> None:
    async def human(*_: object) -> PermissionResultAllow:
        await asyncio.sleep(0)
        return PermissionResultAllow()

    async def script(cli: ScriptedCli) -> None:
        for call, name in (("t1", "bash"), ("t2", "AskUserQuestion")):
            await cli.start(call, name)
            await cli.ask(subtype="can_use_tool", tool_name=name, input={}, permission_suggestions=[], tool_use_id=call)
            await cli.finish(call, name)
        cli.result()

    _play(publisher, script, can_use_tool=human)
    waiting = [change.waiting_for for change in publisher.changes if change.state == "waiting_for_user"]
    assert list(dict.fromkeys(waiting)) == ["approval", "question"]


def each_turn_has_its_own_cost_and_the_context_is_that_of_the_newest_call(publisher: RecordingPublisher) -> None:
    async def first(cli: ScriptedCli) -> None:
        _say(cli, "Hello")
        cli.result(total_cost_usd=0.5, modelUsage=_spent(500))

    async def second(cli: ScriptedCli) -> None:
        _say(cli, "Hello")
        cli.result(total_cost_usd=0.75, modelUsage=_spent(1000))

    _play(publisher, first, second)
    starts = [index for index, change in enumerate(publisher.changes) if change.state is None]
    costs = [publisher.changes[index - 1].cost_usd for index in starts]
    assert costs == [0.5, 0.25]
    assert publisher.changes[starts[0] - 1].context == (550, 8000)


def what_an_older_conversation_has_cost_before_is_not_counted(publisher: RecordingPublisher) -> None:
    async def resumed(cli: ScriptedCli) -> None:
        _say(cli, "Hello")
        cli.result(total_cost_usd=9.0, modelUsage=_spent(9000))

    async def next_turn(cli: ScriptedCli) -> None:
        cli.result(total_cost_usd=9.5, modelUsage=_spent(9500))

    with publisher.session("chat:42"), status_key("chat:42"):
        _play(publisher, resumed)
        assert publisher.sessions["chat:42"].cost_usd is None
        _play(publisher, next_turn)


def a_subagent_is_a_child_where_that_is_asked_for(publisher: RecordingPublisher) -> None:
    async def script(cli: ScriptedCli) -> None:
        await _kind(cli, "t1", "Explore")
        await _works(cli, "a1", "Explore", "t1", "t2")
        _say(cli, "It has looked", "t1")
        await _until(
            publisher, "it was read", lambda new: new.get(f"{KEY}/t1") and new[f"{KEY}/t1"].input_tokens == 1000
        )
        await cli.finish("t1", "Agent")
        cli.result(modelUsage=_spent(1500))

    _play(publisher, script, subagents="sessions")
    child, outer = _newest(publisher)[f"{KEY}/t1"], _newest(publisher)[KEY]
    assert (child.parent, child.title) == (KEY, "Explore")
    assert child.labels == {"agent": "Explore", "model": "scripted"}
    assert [state for state in publisher.states(child.session_key) if state != "streaming"] == [
        "thinking",
        "tool_running",
        "thinking",
        None,
    ]
    shown = [change for change in publisher.changes if change.session_key == KEY]
    assert {change.tool_name for change in shown} == {None, "Agent"}
    assert outer.labels == {"model": "scripted"}
    assert (outer.input_tokens, child.input_tokens) == (500, 1000)
    assert _outcomes(publisher) == {KEY: "done", child.session_key: "done"}
    assert "secret" not in str(publisher.changes)


def two_of_one_kind_are_told_apart_by_the_messages(publisher: RecordingPublisher) -> None:
    async def script(cli: ScriptedCli) -> None:
        await _kind(cli, "t1", "Explore")
        await _kind(cli, "t2", "Explore")
        await _works(cli, "second", "Explore", "t2", "t3")  # taken for the first call until the message is read
        await _until(publisher, "both are known", lambda new: {f"{KEY}/t1", f"{KEY}/t2"} <= set(new))
        tool = {"tool_name": "bash", "tool_input": {}, "tool_use_id": "t4"}
        await cli.hook("PreToolUse", agent_id="second", agent_type="Explore", **tool)
        for call in ("t1", "t2"):
            await cli.finish(call, "Agent")
        cli.result()

    _play(publisher, script, subagents="sessions")
    tools = {(change.session_key, change.tool_name) for change in publisher.changes if change.tool_name == "bash"}
    assert tools == {(f"{KEY}/t2", "bash")}
    assert publisher.sessions == {}


def one_that_is_refused_never_begins(publisher: RecordingPublisher) -> None:
    async def human(*_: object) -> PermissionResultDeny:
        await asyncio.sleep(0)
        return PermissionResultDeny("no")

    async def script(cli: ScriptedCli) -> None:
        await _kind(cli, "t1", "Explore")
        await cli.ask(subtype="can_use_tool", tool_name="Agent", input={}, permission_suggestions=[], tool_use_id="t1")
        cli.result()

    _play(publisher, script, subagents="sessions", can_use_tool=human)
    assert set(_outcomes(publisher)) == {KEY}


def one_that_fails_or_is_interrupted_says_so(publisher: RecordingPublisher) -> None:
    async def script(cli: ScriptedCli) -> None:
        for call, said in (("t1", {"error": "boom"}), ("t2", {"error": "boom", "is_interrupt": True})):
            await _kind(cli, call, "Explore")
            await _works(cli, call, "Explore", call, f"{call}-tool")
            await cli.hook("PostToolUseFailure", tool_name="Agent", tool_input={}, tool_use_id=call, **said)
        cli.result()

    _play(publisher, script, subagents="sessions")
    assert [(key, change.error_message) for key, change in publisher.sessions.items()] == [(f"{KEY}/t1", "boom")]
    assert _outcomes(publisher)[f"{KEY}/t2"] == "cancelled"


def one_in_the_background_ends_with_its_task(publisher: RecordingPublisher) -> None:
    async def script(cli: ScriptedCli) -> None:
        await _kind(cli, "t1", "Explore", background=True)
        cli.say(
            "system",
            subtype="task_started",
            task_id="k1",
            task_type="local_agent",
            description="a secret",
            tool_use_id="t1",
        )
        await _until(publisher, "it has begun", lambda new: f"{KEY}/t1" in new)
        await cli.finish("t1", "Agent")
        cli.result()
        await _works(cli, "a1", "Explore", "t1", "t2")
        assert f"{KEY}/t1" in publisher.sessions
        cli.say("system", subtype="task_updated", session_id=None, task_id="k1", patch={"status": "killed"})
        cli.result()

    async def converse() -> None:
        options = with_status(ClaudeAgentOptions(), publisher)
        async with ClaudeSDKClient(options, transport=ScriptedCli(script)) as client:
            await client.query("Go on")
            async for message in watch(client.receive_messages(), publisher, subagents="sessions"):
                if type(message).__name__ == "ResultMessage" and publisher.sessions == {}:
                    break

    asyncio.run(asyncio.wait_for(converse(), SECONDS))
    assert _outcomes(publisher) == {KEY: "done", f"{KEY}/t1": "cancelled"}


def one_that_is_still_at_work_ends_as_cancelled_with_its_turn(publisher: RecordingPublisher) -> None:
    async def script(cli: ScriptedCli) -> None:
        await _kind(cli, "t1", "Explore")
        await _works(cli, "a1", "Explore", "t1", "t2")
        cli.result(is_error=True, result="API Error: boom")

    _play(publisher, script, subagents="sessions")
    assert _outcomes(publisher)[f"{KEY}/t1"] == "cancelled"
    assert set(publisher.sessions) == {KEY}


SCENARIOS: Final = {
    name: rule
    for name, rule in list(globals().items())
    if isinstance(rule, FunctionType) and rule.__module__ == __name__ and not name.startswith("_")
}
