"""The Claude Code that the SDK brings along, real, and a model on this machine that it asks."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    PermissionResultDeny,
)

from agent_status_publisher.integrations.claude_agent_sdk import watch, with_status
from agent_status_publisher.testing import RecordingPublisher
from chaos.wait import wait_until

PACKAGES = ("claude-agent-sdk",)
HOME: Final = os.environ["HOME"]
SECONDS: Final = 20
HANGING: Final = "$touch notes.txt; tail -f /dev/null"
USED: Final = {"input_tokens": 500, "output_tokens": 100}


class Model(BaseHTTPRequestHandler):
    """As much of the messages API as Claude Code needs: a command to run, or text."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Nothing: a server's access log is not what is tested."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        script: list[str] = self.server.script  # type: ignore[attr-defined]
        if not script or not asked.get("tools"):
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": "boom"}}
            self._send(400, json.dumps(error), "application/json")
            return
        message = {"id": f"m{len(script)}", "type": "message", "role": "assistant", "model": asked["model"]}
        written, stop = _block(script.pop(0))
        events = [
            {"type": "message_start", "message": message | {"content": [], "stop_reason": None, "usage": USED}},
            *({"index": 0, **event} for event in written),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 100}},
            {"type": "message_stop"},
        ]
        said = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        self._send(200, said, "text/event-stream")

    def _send(self, status: int, said: str, kind: str) -> None:
        body = said.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _block(said: str) -> tuple[list[dict[str, Any]], str]:
    """What is after a `$` is a command; and why the model stops."""
    if said.startswith("$"):
        block = {"type": "tool_use", "id": f"toolu_{said[1:5]}", "name": "Bash", "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps({"command": said[1:], "description": "Work"})}
    else:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": said}
    started, written = {"type": "content_block_start", "content_block": block}, {"type": "content_block_delta"}
    return [started, written | {"delta": delta}], "tool_use" if said.startswith("$") else "end_turn"


@contextmanager
def _model(script: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Where it is, for Claude Code's environment."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.script = list(script)  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}",
            "ANTHROPIC_API_KEY": "none",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CONFIG_DIR": f"{HOME}/.claude",
        }
    finally:
        server.shutdown()
        server.server_close()


async def _allow(*_: object) -> PermissionResultAllow:
    await asyncio.sleep(0)
    return PermissionResultAllow()


async def _deny(*_: object) -> PermissionResultDeny:
    await asyncio.sleep(0)
    return PermissionResultDeny("no")


async def _converse(publisher: RecordingPublisher, human: Callable[..., Any], *script: str) -> None:
    with _model(script) as env:
        options = ClaudeAgentOptions(env=env, cwd=HOME, can_use_tool=human, include_partial_messages=True)
        async with ClaudeSDKClient(with_status(options, publisher)) as client:
            await client.query("Work")
            interrupted = asyncio.create_task(_interrupt(client, publisher)) if HANGING in script else None
            async for _ in watch(client.receive_response(), publisher):
                pass
            if interrupted is not None:
                await interrupted


async def _interrupt(client: ClaudeSDKClient, publisher: RecordingPublisher) -> None:
    """Once the tool runs after the human's yes."""

    def runs() -> bool:
        return [change.state for change in publisher.changes][-2:] == ["waiting_for_user", "tool_running"]

    await asyncio.to_thread(wait_until, runs, "the tool runs", SECONDS)
    await client.interrupt()


def _play(human: Callable[..., Any], *script: str) -> Callable[[RecordingPublisher], None]:
    return lambda publisher: asyncio.run(_converse(publisher, human, *script))


SCENARIOS: Final[dict[str, Callable[[RecordingPublisher], None]]] = {
    "allowed": _play(_allow, "$touch notes.txt", "It is done"),
    "refused": _play(_deny, "$touch notes.txt", "It is not done"),
    "failing": _play(_allow),
    "interrupted": _play(_allow, HANGING),
}
