"""Command-line agents at `agent-status-gateway ingest`: those that are killed, and those at their prompt."""

import subprocess
from typing import Final

import pytest
from fastapi.testclient import TestClient

from agent_status_gateway.ingest.app import PROCESS_LOOK_SECONDS, create_ingest
from agent_status_gateway.settings import IngestSettings, SettingsError
from agent_status_publisher.hooks.caller import host_name
from agent_status_publisher.hooks.names import HOST_HEADER, PID_HEADER, START_HEADER
from agent_status_publisher.hooks.process_start import process_start
from agent_status_publisher.testing import RecordingPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

PROMPT: Final = {"session_id": "s1", "hook_event_name": "UserPromptSubmit"}


# processes: Rule 1
def test_the_session_of_an_agent_that_is_killed_ends(
    publisher: RecordingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_status_gateway.ingest.app.PROCESS_LOOK_SECONDS", 0.05)
    with (
        subprocess.Popen(["sleep", "60"]) as agent,
        TestClient(create_ingest(IngestSettings.load(), publisher), base_url="http://localhost") as client,
    ):
        start = process_start(agent.pid)
        assert start is not None
        headers = {HOST_HEADER: host_name(), PID_HEADER: str(agent.pid), START_HEADER: start}
        client.post("/hooks/codex", json=PROMPT, headers=headers)
        client.post("/hooks/codex", json=PROMPT | {"session_id": "elsewhere"}, headers=headers | {HOST_HEADER: "x"})
        client.post("/hooks/codex", json=PROMPT | {"session_id": "container"}, headers=headers | {START_HEADER: "x"})
        agent.kill()
        wait_until(lambda: "codex:s1" not in publisher.sessions, "the killed agent's session has ended")
        assert publisher.states("codex:s1") == ["thinking", None]
        assert sorted(publisher.sessions) == ["codex:container", "codex:elsewhere"]


def test_an_agent_that_is_killed_is_noticed_within_a_minute() -> None:
    assert 3 * PROCESS_LOOK_SECONDS <= 60


def test_with_the_setting_an_agent_at_its_prompt_waits_for_its_user(
    publisher: RecordingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_STATUS_SHOW_IDLE", "on")
    with TestClient(create_ingest(IngestSettings.load(), publisher), base_url="http://localhost") as client:
        client.post("/hooks/claude-code", json=PROMPT | {"hook_event_name": "Stop"})
        assert publisher.sessions["claude-code:s1"].state == "waiting_for_user"


def test_with_the_setting_a_subagent_is_a_session_of_its_own_until_its_agent_ends(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_STATUS_SUBAGENTS", "sessions")
    subagent = {"agent_id": "a1", "agent_type": "Explore"}
    with (
        GatewayThread(real_redis.url, debounce_seconds=0.05) as gateway,
        TestClient(create_ingest(IngestSettings.load(redis_url=real_redis.url)), base_url="http://localhost") as client,
    ):
        client.post("/hooks/claude-code", json=PROMPT)
        client.post("/hooks/claude-code", json=PROMPT | subagent | {"hook_event_name": "SubagentStart"})
        shown = {"claude-code:s1": "tool_running", "claude-code:s1/a1": "thinking"}
        wait_until(lambda: gateway.states() == shown, "the child is beside its parent")
        (row,) = gateway.snapshot("?parent=claude-code:s1&fields=parent,labels")["sessions"]
        assert (row["parent"], row["labels"]) == ("claude-code:s1", {"agent": "Explore"})
        client.post("/hooks/claude-code", json=PROMPT | {"hook_event_name": "SessionEnd"})
        wait_until(lambda: gateway.states() == {}, "both have ended")


def test_a_wrong_wish_for_subagents_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_STATUS_SUBAGENTS", "children")
    with pytest.raises(SettingsError, match=r"AGENT_STATUS_SUBAGENTS: .*'tool' or 'sessions'"):
        IngestSettings.load()
