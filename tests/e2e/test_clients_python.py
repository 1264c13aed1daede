"""Python's HTTP clients, used as on the API page."""

import json

import httpx
import requests
from httpx_sse import connect_sse

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess
from tests.e2e.conftest import KEY, THINKING, TOOL_RUNNING, states


def test_httpx_sse_gets_the_snapshot_on_connect_and_then_a_live_change(
    gateway: GatewayProcess, session: Session
) -> None:
    with httpx.Client(timeout=10) as client, connect_sse(client, "GET", gateway.url + STREAM) as source:
        events = source.iter_sse()
        first = next(events)
        assert (first.event, states(first.json())) == ("status", THINKING)

        session.tool_running("bash")

        second = next(events)
        assert (second.event, states(second.json())) == ("status", TOOL_RUNNING)
        assert second.id != first.id


def test_httpx_reads_the_stream_line_by_line_as_on_the_api_page(gateway: GatewayProcess, session: Session) -> None:
    seen = []
    with httpx.stream("GET", gateway.url + STREAM, headers={"X-Status-Key": "your-key"}, timeout=10) as response:
        for line in response.iter_lines():
            if line.startswith("data: "):
                status = json.loads(line[6:])
                seen.append((status["global"]["state"], states(status)))
                if len(seen) == 3:
                    break
                if len(seen) == 1:
                    session.tool_running("bash")
                else:
                    session.end()
    assert seen == [("active", THINKING), ("active", TOOL_RUNNING), ("idle", {})]


def test_httpx_with_the_right_key_in_a_header_sees_a_live_change(
    keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    url = keyed_gateway.url + STREAM
    with httpx.Client(timeout=10, headers={"X-Status-Key": KEY}) as client, connect_sse(client, "GET", url) as source:
        events = source.iter_sse()
        next(events)
        publisher.session("discord:keyed")
        while states(next(events).json()) != {"discord:keyed": "thinking"}:
            pass


def test_httpx_with_a_wrong_key_is_refused_in_json(keyed_gateway: GatewayProcess) -> None:
    response = keyed_gateway.get(STREAM, headers={"X-Status-Key": "wrong"})
    assert response.status_code == httpx.codes.FORBIDDEN
    assert response.json() == {"detail": "Invalid or missing status API key"}


def test_requests_gets_the_snapshot_as_json(gateway: GatewayProcess, session: Session) -> None:
    session.usage(input=500, output=100)
    session.tool_running("bash")
    with httpx.Client(timeout=10) as client, connect_sse(client, "GET", gateway.url + STREAM) as source:
        events = source.iter_sse()
        while states(next(events).json()) != TOOL_RUNNING:
            pass

    response = requests.get(gateway.url + STATUS, headers={"Content-Type": "application/json"}, timeout=10)

    snapshot = response.json()
    assert snapshot["global"].items() >= {"state": "active", "active_sessions": 1, "max_concurrent": 5}.items()
    (row,) = snapshot["sessions"]
    assert row.pop("duration_seconds") >= 0
    assert row == {
        "session_key": "websocket:abc123",
        "session_id": "abc123",
        "channel": "websocket",
        "title": "Fix auth bug",
        "state": "tool_running",
        "tool_name": "bash",
        "token_usage": {"input": 500, "output": 100},
        "error_message": None,
    }


def test_requests_reads_the_stream_line_by_line(gateway: GatewayProcess, session: Session) -> None:
    headers = {"Content-Type": "application/json"}
    with requests.get(gateway.url + STREAM, headers=headers, stream=True, timeout=10) as response:
        lines = (line for line in response.iter_lines(decode_unicode=True) if line.startswith("data: "))
        assert states(json.loads(next(lines)[6:])) == THINKING

        session.tool_running("bash")

        assert states(json.loads(next(lines)[6:])) == TOOL_RUNNING
