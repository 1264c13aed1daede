"""Agents of different kinds on one dashboard: one on LangGraph, one that only traces itself, and Claude Code."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest

from chaos.gateways.gateway_process import GatewayProcess, clean_environment
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.programs.locked_environment import PROJECT, PYTHONPATH, locked_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]

START_SECONDS: Final = 60
STEP_SECONDS: Final = 30


class Acting:
    """An agent that does its next step when it is asked to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("yes\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Its last step, after which nothing went wrong."""
        said = self._process.communicate("yes\n", STEP_SECONDS)
        assert self._process.returncode == 0, said


@contextmanager
def acting(name: str, bridge: str, redis_url: str) -> Iterator[Acting]:
    process = subprocess.Popen(
        [locked_environment(f"bridge-{bridge}") / "bin" / "python", "-m", f"tests.bridges.scenarios.acting_{name}"],
        cwd=PROJECT,
        env=clean_environment({"redis_url": redis_url}) | {"PYTHONPATH": PYTHONPATH},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield Acting(process)
        finally:
            process.kill()


class ClaudeCode:
    """What Claude Code sends where `agent-status-hook install claude-code` has configured it to."""

    def __init__(self, ingest_url: str) -> None:
        self._url = f"{ingest_url}/hooks/claude-code"

    def send(self, event: str, **fields: Any) -> None:
        common = {"session_id": "s1", "transcript_path": "/home/me/.claude/s1.jsonl", "cwd": "/home/me/notes"}
        response = httpx.post(
            self._url, json=common | {"hook_event_name": event, "permission_mode": "default"} | fields
        )
        assert (response.status_code, response.json()) == (200, {})

    def tool(self, event: str, call: str) -> None:
        command = {"command": "cat ~/.ssh/id_ed25519", "description": "Look"}
        self.send(event, tool_name="Bash", tool_input=command, tool_use_id=call)


def test_agents_of_three_kinds_are_in_one_snapshot_and_each_leaves_it_when_its_work_ends(
    real_redis: RedisServer,
) -> None:
    port = free_port()
    with (
        GatewayProcess(real_redis.url, debounce_seconds=0.05) as gateway,
        GatewayProcess(
            real_redis.url, command=("-m", "agent_status_gateway", "ingest"), port=port, ingest_port=port
        ) as ingest,
        acting("langgraph", "langchain", real_redis.url) as graph,
        acting("traced", "opentelemetry", real_redis.url) as traced,
    ):
        claude = ClaudeCode(ingest.url)
        claude.send("UserPromptSubmit", prompt="Tidy up, my password is hunter2")
        claude.tool("PreToolUse", "t1")

        at_work = {"claude-code:s1": "Bash", "langchain:42": "bash", "opentelemetry:abc123": "read"}
        wait_until(lambda: tools(gateway.ready().snapshot()) == at_work, "all three run a tool", START_SECONDS)
        snapshot = gateway.snapshot()
        assert (snapshot["global"]["state"], snapshot["global"]["active_sessions"]) == ("active", 3)
        assert "hunter2" not in str(snapshot)

        graph.go_on()
        traced.go_on()
        claude.tool("PostToolUse", "t1")
        claude.tool("PreToolUse", "t2")
        claude.send("PermissionRequest", tool_name="Bash", tool_input={"command": "rm -r notes"})
        asking = dict.fromkeys(("claude-code:s1", "langchain:42"), "waiting_for_user")
        wait_until(lambda: gateway.states() == asking, "one is gone, and two wait for their user", STEP_SECONDS)

        graph.go_on()
        claude.tool("PostToolUse", "t2")
        claude.send("Stop", stop_hook_active=False, last_assistant_message="All is tidy")
        wait_until(lambda: gateway.states() == {}, "all are gone", STEP_SECONDS)
        assert gateway.snapshot()["global"]["state"] == "idle"
        graph.end()
        traced.end()


def tools(snapshot: dict[str, Any]) -> dict[str, str | None]:
    """The tool that each session runs."""
    return {row["session_key"]: row["tool_name"] for row in snapshot["sessions"] if row["state"] == "tool_running"}
