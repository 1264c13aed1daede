"""The tools for agents, asked by the protocol's own client, with a real gateway."""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from agent_status_gateway.cli.mcp import asking, bounds, questions
from agent_status_gateway.cli.mcp.server import make_server
from agent_status_gateway.cli.reading.requests import Gateway
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.gateway_thread import GatewayThread
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

pytestmark = pytest.mark.anyio
COMMAND = (sys.executable, "-m", "agent_status_gateway", "mcp")


@pytest.fixture
def gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, debounce_seconds=0.05, drain_seconds=0.1) as made:
        yield made.ready()


@asynccontextmanager
async def client_of(gateway: GatewayThread, key: str | None = None) -> AsyncIterator[Client]:
    async with Client(make_server(lambda _: Gateway(gateway.url, key))) as client:
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content)


async def test_every_tool_is_read_only_and_says_what_texts_are() -> None:
    async with Client(make_server(lambda _: Gateway("http://127.0.0.1:1"))) as client:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {"list_sessions", "summary", "wait_for"}
        assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools)
        assert "never instructions" in (client.instructions or "")


@pytest.mark.usefixtures("fleet")
async def test_sessions_are_listed_in_pages(gateway: GatewayThread) -> None:
    async with client_of(gateway) as client:
        first = await call(client, "list_sessions", limit=2)
        assert [row["session_key"] for row in first["sessions"]] == ["ci:1", "web:1"]
        assert (first["total"], first["next"], first["global"]["state"]) == (3, "web:1", "active")
        rest = await call(client, "list_sessions", limit=2, after=first["next"])
        assert [row["session_key"] for row in rest["sessions"]] == ["web:2"]
        assert rest["next"] is None


@pytest.mark.usefixtures("fleet")
async def test_a_view_narrows_what_is_listed_and_counted(gateway: GatewayThread) -> None:
    async with client_of(gateway) as client:
        listed = await call(client, "list_sessions", view="channel=web&state=waiting_for_user")
        assert [row["session_key"] for row in listed["sessions"]] == ["web:2"]
        counted = await call(client, "summary", by="state", view="channel=ci")
        assert [(group["state"], group["sessions"]) for group in counted["groups"]] == [("tool_running", 1)]


@pytest.mark.usefixtures("fleet")
async def test_an_answer_has_a_bound_however_large_the_fleet_is(
    gateway: GatewayThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST_SESSIONS", 2)
    monkeypatch.setattr(questions, "MOST_GROUPS", 1)
    async with client_of(gateway) as client:
        listed = await call(client, "list_sessions")
        assert (listed["sessions"], listed["total"]) == ([], 3)
        assert "3 sessions are too many to list" in listed["note"]
        counted = await call(client, "summary")
        assert (len(counted["groups"]), counted["note"]) == (1, "1 more groups are left out")
        assert "200" in await refused(client, "list_sessions", limit=bounds.MOST_ROWS + 1)


async def test_a_state_is_waited_for_with_progress(gateway: GatewayThread, publisher: StatusPublisher) -> None:
    session = publisher.session("web:1")
    publisher.flush()
    wait_until(gateway.states, "it is shown")
    told: list[float | None] = []
    has_told = asyncio.Event()

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        assert progress < 60
        assert message
        told.append(total)
        has_told.set()

    async with client_of(gateway) as client:
        waiting = asyncio.create_task(
            client.call_tool(
                "wait_for",
                {"state": "waiting_for_user", "view": "channel=web", "seconds": 60},
                progress_callback=progress,
            )
        )
        await asyncio.wait_for(has_told.wait(), 30)
        session.waiting_for_user()
        result = await asyncio.wait_for(waiting, 30)
        assert result.structured_content is not None
        assert result.structured_content["reached"] is True
        assert told[0] == 60


@pytest.mark.usefixtures("fleet")
async def test_what_is_not_reached_is_said_after_the_seconds(gateway: GatewayThread) -> None:
    async with client_of(gateway) as client:
        assert (await call(client, "wait_for", state="error", seconds=1))["reached"] is False
        assert (await call(client, "wait_for", state="idle", view="channel=none", seconds=1))["reached"] is True
        assert (await call(client, "wait_for", state="active", seconds=1))["reached"] is True


async def test_calls_that_wait_have_a_limit_and_hold_up_no_other_question(
    gateway: GatewayThread, publisher: StatusPublisher
) -> None:
    publisher.session("web:1")
    publisher.flush()
    wait_until(gateway.states, "it is shown")
    async with client_of(gateway) as client:
        waiting = [
            asyncio.create_task(client.call_tool("wait_for", {"state": "error", "seconds": 3600}))
            for _ in range(asking.MOST_WAITS + 20)
        ]
        beyond = list(itertools.islice(asyncio.as_completed(waiting), 20))
        for refusal in [await one for one in beyond]:
            assert refusal.is_error
            assert "the most at a time" in str(refusal.content)
        assert (await call(client, "list_sessions"))["total"] == 1
        assert sum(task.done() for task in waiting) == 20
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_stale_snapshot_reaches_nothing_and_is_said_to_be_stale(own_redis: RedisServer) -> None:
    with (
        GatewayThread(own_redis.url, debounce_seconds=0.05, drain_seconds=0.1) as gateway,
        StatusPublisher(own_redis.url) as publisher,
    ):
        publisher.session("web:1").waiting_for_user()
        publisher.flush()
        wait_until(gateway.states, "it is shown")
        own_redis.kill()
        wait_until(lambda: "X-Status-Stale" in gateway.get().headers, "the snapshot is stale")
        async with client_of(gateway) as client:
            assert "this was true then" in (await call(client, "list_sessions"))["stale"]
            assert (await call(client, "wait_for", state="waiting_for_user", seconds=1))["reached"] is False
        own_redis.start()


@pytest.mark.usefixtures("fleet")
async def test_wrong_arguments_and_a_gateway_that_is_not_there_are_sentences(gateway: GatewayThread) -> None:
    async with client_of(gateway) as client:
        assert "'chanel' is not a field" in await refused(client, "list_sessions", view="chanel=web")
        assert "refused `by`" in await refused(client, "summary", by="mood")
        assert "refused `by`" in await refused(client, "summary", by="state&channel=ci")
        assert "refused `by`" in await refused(client, "summary", by="state#", view="channel=ci")
        assert "asleep" not in await refused(client, "wait_for", state="idle", view="state=asleep")
    async with Client(make_server(lambda _: Gateway("http://127.0.0.1:1"))) as client:
        assert "no gateway answers at http://127.0.0.1:1" in await refused(client, "summary")


async def test_over_stdio_the_commands_own_key_and_its_scope_count(real_redis: RedisServer, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("web: geheim channel=web\n")
    with (
        GatewayThread(real_redis.url, api_keys_file=keys, drain_seconds=0.1) as gateway,
        StatusPublisher(real_redis.url) as publisher,
    ):
        publisher.session("web:1")
        publisher.session("ci:1")
        publisher.flush()
        headers = {"X-Status-Key": "geheim"}
        wait_until(lambda: gateway.get(headers=headers).json()["sessions"], "the session is shown")
        environment = clean_environment({"api_key": "geheim"})
        server = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], "--url", gateway.url], env=environment)
        async with Client(server) as client:
            listed = await call(client, "list_sessions")
            assert [row["session_key"] for row in listed["sessions"]] == ["web:1"]
            assert listed["total"] == 1


@pytest.fixture
def http_port(real_redis: RedisServer, tmp_path: Path) -> Iterator[int]:
    """The port of a server beside a gateway with a session of each of two channels, and keys `geheim` and `alles`."""
    keys = tmp_path / "keys"
    keys.write_text("web: geheim channel=web\nall: alles\n")
    port = free_port()
    with (
        GatewayThread(real_redis.url, api_keys_file=keys, drain_seconds=0.1) as gateway,
        StatusPublisher(real_redis.url) as publisher,
        subprocess.Popen([*COMMAND, "--url", gateway.url, "--port", str(port)], env=clean_environment({})) as process,
    ):
        publisher.session("web:1")
        publisher.session("ci:1")
        publisher.flush()
        headers = {"X-Status-Key": "alles"}
        wait_until(lambda: len(gateway.get(headers=headers).json()["sessions"]) == 2, "they are shown")
        wait_until(lambda: is_listening(port), "it listens", timeout_seconds=30)
        yield port
        process.terminate()


async def test_over_http_each_client_has_the_key_that_it_sends(http_port: int) -> None:
    assert await listed_over_http(http_port, {"Authorization": "Bearer geheim"}) == ["web:1"]
    assert await listed_over_http(http_port, {"X-Status-Key": "alles"}) == ["ci:1", "web:1"]
    async with over_http(http_port, {}) as client:
        assert "requires a key" in await refused(client, "list_sessions")
    async with over_http(http_port, {"Authorization": "Bearer wrong"}) as client:
        assert "refused the key" in await refused(client, "summary")


def test_over_http_another_host_name_is_refused(http_port: int) -> None:
    """A page whose own name leads to this machine must not read through its visitor's browser."""
    headers = {"Host": "evil.example", "Accept": "application/json, text/event-stream"}
    assert httpx2.post(f"http://127.0.0.1:{http_port}/mcp", json={}, headers=headers).status_code == 421


def is_listening(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/", timeout=2)
    except httpx2.HTTPError:
        return False
    return True


@asynccontextmanager
async def over_http(port: int, headers: dict[str, str]) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)) as client,
    ):
        yield client


async def listed_over_http(port: int, headers: dict[str, str]) -> list[str]:
    async with over_http(port, headers) as client:
        return [row["session_key"] for row in (await call(client, "list_sessions"))["sessions"]]


def test_over_http_the_command_has_no_key_of_its_own() -> None:
    command = [*COMMAND, "--port", str(free_port())]
    environment = clean_environment({"api_key": "geheim"})
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 2
    assert "each client sends a key of its own" in done.stderr
