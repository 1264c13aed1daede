"""The real SDK, its control protocol and all; the other side of its transport is a Claude Code that acts a script."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    ProcessError,
    ResultMessage,
    Transport,
    query,
)

from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status
from agent_status_publisher.testing import RecordingPublisher

PACKAGES = ("claude-agent-sdk",)

Script = Callable[["ScriptedCli"], Awaitable[None]]


class ScriptedCli(Transport):
    """Says what Claude Code says, in its order; what it asks the SDK is answered by the hooks under test."""

    def __init__(self, *scripts: Script, session_id: str = "3f2a") -> None:
        self._session_id = session_id
        self._scripts = iter(scripts)
        self._numbers = itertools.count()
        self._lines: asyncio.Queue[dict[str, Any] | Exception | None] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._hooks: dict[str, list[str]] = {}
        self._turn: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Nothing to start."""

    def is_ready(self) -> bool:
        """From the beginning."""
        return True

    async def end_input(self) -> None:
        """It stays until its turn is over."""

    async def close(self) -> None:
        """Its process is gone."""
        if self._turn is not None:
            self._turn.cancel()

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        """What it writes."""
        while (line := await self._lines.get()) is not None:
            if isinstance(line, Exception):
                raise line
            yield line

    async def write(self, data: str) -> None:
        """What it reads."""
        line = json.loads(data)
        if line["type"] == "control_request":
            if line["request"]["subtype"] == "initialize":
                hooks = line["request"]["hooks"] or {}
                self._hooks = {event: [i for m in all_ for i in m["hookCallbackIds"]] for event, all_ in hooks.items()}
            self._lines.put_nowait(
                {
                    "type": "control_response",
                    "response": {"subtype": "success", "request_id": line["request_id"], "response": {}},
                }
            )
            if line["request"]["subtype"] == "interrupt" and self._turn is not None:
                self._turn.cancel()
                self.result(subtype="error_during_execution", is_error=True, terminal_reason="aborted_tools")
        elif line["type"] == "control_response":
            answer = line["response"]
            asked = self._answers.pop(answer["request_id"])
            if not asked.cancelled():
                asked.set_result(answer)
        elif line["type"] == "user":
            self._turn = asyncio.create_task(self._take_turn())

    async def _take_turn(self) -> None:
        await self.hook("UserPromptSubmit", prompt="Go on")
        self.say("system", subtype="init", cwd="/home/agent/shop")
        await next(self._scripts)(self)

    def say(self, kind: str, **fields: Any) -> None:
        """A message of the stream."""
        self._lines.put_nowait(
            {"type": kind, "session_id": self._session_id, "uuid": "u", "parent_tool_use_id": None, **fields}
        )

    def fall(self, error: Exception) -> None:
        """The process ends so."""
        self._lines.put_nowait(error)

    def hang_up(self) -> None:
        """The process ends, and all was well."""
        self._lines.put_nowait(None)

    async def ask(self, **request: Any) -> Any:
        """Ask the SDK, and wait."""
        number = f"r{len(self._answers)}-{id(request)}"
        self._answers[number] = asyncio.get_running_loop().create_future()
        answered = self._answers[number]
        self._lines.put_nowait({"type": "control_request", "request_id": number, "request": request})
        return await answered

    async def hook(self, event: str, **fields: Any) -> None:
        """Call the hooks of an event."""
        for callback in self._hooks.get(event, ()):
            published = {
                "session_id": self._session_id,
                "hook_event_name": event,
                "transcript_path": "",
                "cwd": "",
                **fields,
            }
            answer = await self.ask(subtype="hook_callback", callback_id=callback, input=published)
            assert answer["subtype"] == "success", answer

    async def start(self, call: str, name: str, **fields: Any) -> None:
        """A tool call begins."""
        block = {"type": "tool_use", "id": call, "name": name, "input": {"secret": "none of ours"}}
        self.assistant(block, parent_tool_use_id=fields.pop("parent", None))
        await self.hook("PreToolUse", tool_name=name, tool_input={}, tool_use_id=call, **fields)

    async def finish(self, call: str, name: str, **fields: Any) -> None:
        """It ends."""
        await self.hook("PostToolUse", tool_name=name, tool_input={}, tool_response="", tool_use_id=call, **fields)
        result = {"type": "tool_result", "tool_use_id": call, "content": "done"}
        self.say("user", message={"role": "user", "content": [result]}, parent_tool_use_id=fields.get("parent"))

    def assistant(self, *blocks: dict[str, Any], parent_tool_use_id: str | None = None) -> None:
        """A whole message of the model's."""
        message = {
            "id": f"m-{next(self._numbers)}",
            "model": "scripted",
            "role": "assistant",
            "content": list(blocks),
            "usage": {"input_tokens": 300, "cache_read_input_tokens": 200, "output_tokens": 50},
        }
        self.say("assistant", message=message, parent_tool_use_id=parent_tool_use_id)

    def write_text(self, *words: str) -> None:
        """The same with its pieces before it, as partial messages are included."""
        self.say("stream_event", event={"type": "message_start"})
        self.say("stream_event", event={"type": "content_block_start", "content_block": {"type": "text"}})
        for word in words:
            self.say("stream_event", event={"type": "content_block_delta", "delta": {"text": word}})
        self.assistant({"type": "text", "text": " ".join(words)})

    def result(self, **fields: Any) -> None:
        """The turn is over."""
        usage = {"input_tokens": 300, "cache_read_input_tokens": 200, "output_tokens": 100}
        said = {"subtype": "success", "is_error": False, "result": "Done.", "terminal_reason": "completed", **fields}
        self.say("result", duration_ms=1, duration_api_ms=1, num_turns=1, usage=usage, **said)


async def plain(cli: ScriptedCli) -> None:
    cli.assistant({"type": "text", "text": "Hello"})
    await cli.hook("Stop", stop_hook_active=False)
    used = {"inputTokens": 500, "outputTokens": 100, "costUSD": 0.25, "contextWindow": 8000}
    cli.result(total_cost_usd=0.25, modelUsage={"scripted": used})


async def streamed(cli: ScriptedCli) -> None:
    cli.write_text("Hello", "you")
    cli.result()


async def two_tools(cli: ScriptedCli) -> None:
    await asyncio.gather(cli.start("t1", "bash", agent_type="clerk"), cli.start("t2", "read", agent_type="clerk"))
    await cli.finish("t1", "bash")
    await cli.finish("t2", "read")
    cli.assistant({"type": "text", "text": "Both are done"})
    cli.result()


async def subagent(cli: ScriptedCli) -> None:
    inner: dict[str, Any] = {"agent_id": "a1", "agent_type": "Explore", "parent": "t1"}
    await cli.start("t1", "Agent")
    await cli.start("t2", "read", **inner)
    await cli.finish("t2", "read", **inner)
    cli.assistant({"type": "text", "text": "It has looked"}, parent_tool_use_id="t1")
    await cli.finish("t1", "Agent")
    cli.result()


async def asking(cli: ScriptedCli) -> None:
    await cli.start("t1", "bash")
    answer = await cli.ask(
        subtype="can_use_tool", tool_name="bash", input={}, permission_suggestions=[], tool_use_id="t1"
    )
    assert answer["response"]["behavior"] == "allow"
    await cli.finish("t1", "bash")
    deferred = {"id": "t2", "name": "bash", "input": {}}
    cli.result(deferred_tool_use=deferred, terminal_reason="tool_deferred")


async def failing(cli: ScriptedCli) -> None:
    cli.result(is_error=True, result="API Error: boom")
    cli.fall(ProcessError("Command failed", exit_code=1))


async def hanging(cli: ScriptedCli) -> None:
    await cli.start("t1", "bash")
    await asyncio.sleep(60)


async def _query(publisher: RecordingPublisher, script: Script) -> None:
    options = with_status(ClaudeAgentOptions(include_partial_messages=True), publisher)
    async for message in watch(query(prompt="Go on", options=options, transport=ScriptedCli(script)), publisher):
        if isinstance(message, ResultMessage) and not message.is_error:
            break


async def _ask(publisher: RecordingPublisher) -> None:
    """A human answers at once, and another question, which ends the turn, later."""

    async def human(*_: object) -> PermissionResultAllow:
        await asyncio.sleep(0)
        return PermissionResultAllow()

    options = with_status(ClaudeAgentOptions(can_use_tool=human), publisher)
    async with ClaudeSDKClient(options, transport=ScriptedCli(asking, plain)) as client:
        for prompt in ("Go on", "Yes"):
            await client.query(prompt)
            async for _ in watch(client.receive_response(), publisher):
                pass


async def _interrupt(publisher: RecordingPublisher) -> None:
    options = with_status(ClaudeAgentOptions(), publisher)
    async with ClaudeSDKClient(options, transport=ScriptedCli(hanging)) as client:
        await client.query("Go on")
        async for message in watch(client.receive_response(), publisher):
            if type(message).__name__ == "AssistantMessage":
                await client.interrupt()


def _play(script: Script) -> Callable[[RecordingPublisher], None]:
    return lambda publisher: asyncio.run(_query(publisher, script))


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "plain_run": _play(plain),
    "streamed_run": _play(streamed),
    "parallel_tools": _play(two_tools),
    "subagent": _play(subagent),
    "wait_and_resume": lambda publisher: asyncio.run(_ask(publisher)),
    "failure": _play(failing),
    "cancellation": lambda publisher: asyncio.run(_interrupt(publisher)),
}
