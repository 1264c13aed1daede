"""Node: the npm package `eventsource`, and Node's own fetch as on the API page."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_status_publisher import Session, StatusPublisher
from chaos import need
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from chaos.servers.redis_server import RedisServer
from tests.e2e.conftest import DEBOUNCE_SECONDS, KEY, SESSION_KEY, THINKING, TOOL_RUNNING, Program, states

RunScript = Callable[..., Program]


@pytest.fixture(scope="session")
def run_script(node_packages: Path) -> RunScript:
    """Starts one of the scripts."""
    node = need.program("node")
    return lambda name, *arguments: Program(node, name, *arguments, cwd=node_packages)


def test_eventsource_gets_the_snapshot_on_connect_and_then_a_live_change(
    run_script: RunScript, gateway: GatewayProcess, session: Session
) -> None:
    with run_script("event-source.mjs", gateway.url + STREAM) as client:
        assert states(client.wait_for_first()) == THINKING
        session.tool_running("bash")
        client.wait_for(TOOL_RUNNING)
        assert [line for line in client.lines if not line.startswith("data: ")] == ["open"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=["dies", "drains"])
@pytest.mark.slow
def test_eventsource_comes_back_by_itself_after_the_gateway(
    ending: signal.Signals, run_script: RunScript, real_redis: RedisServer, publisher: StatusPublisher
) -> None:
    with GatewayProcess(real_redis.url, debounce_seconds=DEBOUNCE_SECONDS) as first:
        port = first.ready().port
        with run_script("event-source.mjs", first.url + STREAM) as client:
            client.wait_for({})
            first.stop(ending)
            client.wait_for_line("connecting")
            publisher.session(SESSION_KEY)
            with GatewayProcess(real_redis.url, port=port, debounce_seconds=DEBOUNCE_SECONDS):
                client.wait_for(THINKING, 20)
                client.wait_for_line("open", times=2)
                assert "closed" not in client.lines


def test_node_fetch_reads_the_stream_line_by_line(
    run_script: RunScript, gateway: GatewayProcess, session: Session
) -> None:
    with run_script("fetch-stream.mjs", gateway.url + STREAM) as client:
        assert states(client.wait_for_first()) == THINKING
        session.tool_running("bash")
        client.wait_for(TOOL_RUNNING)


def test_node_fetch_with_the_right_key_in_a_header_sees_a_live_change(
    run_script: RunScript, keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    with run_script("fetch-stream.mjs", keyed_gateway.url + STREAM, KEY) as client:
        client.wait_for_first()
        publisher.session("discord:keyed")
        client.wait_for({"discord:keyed": "thinking"})


def test_node_fetch_gets_the_snapshot_as_json(run_script: RunScript, gateway: GatewayProcess, session: Session) -> None:
    with run_script("fetch-json.mjs", gateway.url + STATUS) as client:
        assert states(client.wait_for_first()) == {session.key: "thinking"}
