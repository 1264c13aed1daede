"""curl, used as on the API page."""

import json
import subprocess

import pytest

from agent_status_publisher import Session, StatusPublisher
from chaos import need
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from tests.e2e.conftest import KEY, THINKING, TOOL_RUNNING, Program, states


@pytest.fixture(scope="module")
def curl() -> str:
    return need.program("curl")


def test_curl_prints_the_snapshot_on_connect_and_then_a_live_change(
    curl: str, gateway: GatewayProcess, session: Session
) -> None:
    with Program(curl, "-sS", "-N", gateway.url + STREAM) as client:
        assert states(client.wait_for_first()) == THINKING
        session.tool_running("bash")
        client.wait_for(TOOL_RUNNING)


def test_curl_speaking_http_1_0_sees_a_live_change(curl: str, gateway: GatewayProcess, session: Session) -> None:
    with Program(curl, "-sS", "-N", "-0", gateway.url + STREAM) as client:
        assert states(client.wait_for_first()) == THINKING
        session.tool_running("bash")
        client.wait_for(TOOL_RUNNING)


def test_curl_decodes_a_compressed_stream_as_it_comes(curl: str, gateway: GatewayProcess, session: Session) -> None:
    with Program(curl, "-sS", "-N", "--compressed", gateway.url + STREAM) as client:
        assert states(client.wait_for_first()) == THINKING
        session.tool_running("bash")
        client.wait_for(TOOL_RUNNING)
    head = run(curl, "-I", "--compressed", gateway.url + STREAM)
    assert header_fields(head)["content-encoding"] == "gzip"


def test_curl_with_the_right_key_in_a_header_sees_a_live_change(
    curl: str, keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    with Program(curl, "-sS", "-N", keyed_gateway.url + STREAM, "-H", f"X-Status-Key: {KEY}") as client:
        client.wait_for_first()
        publisher.session("discord:keyed")
        client.wait_for({"discord:keyed": "thinking"})


def test_curl_without_a_key_is_refused_at_once(curl: str, keyed_gateway: GatewayProcess) -> None:
    body, status = run(curl, "-w", "\n%{http_code}", keyed_gateway.url + STREAM).split("\n")
    assert status == "403"
    assert json.loads(body) == {"detail": "Invalid or missing status API key"}


def test_curl_asking_for_the_head_of_the_stream_gets_it_and_its_end(curl: str, gateway: GatewayProcess) -> None:
    url = gateway.url + STREAM
    # The second one is answered only when the first one has ended: they share a connection.
    first, second = run(curl, "-I", url, url, "-w", "connects: %{num_connects}\n\f").split("\f")[:2]
    assert (header_fields(first)["connects"], header_fields(second)["connects"]) == ("1", "0")
    for answer in (first, second):
        assert answer.split()[:2] == ["HTTP/1.1", "200"]
        assert header_fields(answer).items() >= {
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache, no-transform"),
            ("x-accel-buffering", "no"),
        }


def test_curl_gets_the_snapshot_as_json(curl: str, gateway: GatewayProcess, session: Session) -> None:
    printed = run(curl, "-X", "GET", gateway.url + STATUS, "-H", "Content-Type: application/json")
    assert states(json.loads(printed)) == {session.key: "thinking"}


def run(curl: str, *arguments: str) -> str:
    """What curl prints until it ends, which must be soon."""
    done = subprocess.run([curl, "-sS", *arguments], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def header_fields(answer: str) -> dict[str, str]:
    return dict(line.lower().split(": ", 1) for line in answer.splitlines() if ": " in line)
