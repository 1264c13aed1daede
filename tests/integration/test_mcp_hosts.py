"""The hosts that requests to `mcp` may name, asked over HTTP as clients ask."""

import random
import socket
import subprocess
import sys

import httpx2
import pytest

from chaos.gateways.gateway_process import clean_environment
from chaos.wait import wait_until

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-m", "agent_status_gateway", "mcp", "--url", "http://127.0.0.1:1")


def test_on_port_80_this_machine_is_named_without_a_port_as_clients_do() -> None:
    address = f"127.80.{random.randrange(256)}.{random.randrange(1, 255)}"  # nobody else listens there on port 80
    try:
        with socket.create_server((address, 80)):
            pass
    except OSError as error:
        pytest.skip(f"port 80 cannot be listened on: {error}")
    command = [*COMMAND, "--port", "80", "--host", address, "--allowed-host", "status.example.org:443"]
    with subprocess.Popen(command, env=clean_environment({})) as process:
        try:
            wait_until(lambda: is_listening(address), "it listens", timeout_seconds=30)
            statuses = {host: status_for(address, host) for host in ("localhost", "status.example.org", "evil.example")}
        finally:
            process.terminate()
    assert statuses == {"localhost": 200, "status.example.org": 200, "evil.example": 421}


def is_listening(address: str) -> bool:
    try:
        httpx2.get(f"http://{address}/", timeout=2)
    except httpx2.HTTPError:
        return False
    return True


def status_for(address: str, host: str) -> int:
    headers = {"Host": host, "Accept": "application/json, text/event-stream"}
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    begin = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}
    return httpx2.post(f"http://{address}/mcp", json=begin, headers=headers).status_code


def test_an_allowed_host_that_is_not_a_host_is_refused_with_a_sentence() -> None:
    command = [*COMMAND, "--port", "8002", "--allowed-host", "https://status.example.org"]
    done = subprocess.run(command, env=clean_environment({}), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    expected = "--allowed-host must be a host such as status.example.org:8002, not 'https://status.example.org'"
    assert done.stderr == f"agent-status-gateway: {expected}\n"
