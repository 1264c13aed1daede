"""The local stack, as `docker compose up` brings it up: where a Docker engine answers, and skipped elsewhere."""

import re
import secrets
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx
import pytest

from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import STATUS, clean_environment
from chaos.ports import free_port
from chaos.wait import wait_until

ROOT: Final = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Stack:
    """docker-compose.yml as a project of its own, on ports of its own."""

    def __init__(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._project = f"statustest{secrets.token_hex(4)}"
        ports = {"PORT": str(port), "REDIS_PORT": str(free_port())}
        self._environment = clean_environment({"api_key": ""}) | ports

    def docker(self, *arguments: str, timeout_seconds: float = 60) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["docker", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done

    def compose(self, *arguments: str, timeout_seconds: float = 60) -> subprocess.CompletedProcess[str]:
        return self.docker("compose", "-p", self._project, *arguments, timeout_seconds=timeout_seconds)

    def up(self, *options: str) -> None:
        self.compose("up", "--wait", "-d", *options, timeout_seconds=480)

    def containers(self, service: str) -> list[str]:
        """Those that run."""
        return self.compose("ps", "-q", service).stdout.split()

    def inspect(self, template: str, *containers: str) -> list[str]:
        return self.docker("inspect", "-f", template, *containers).stdout.splitlines()


def _needs_docker() -> None:
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
            pytest.skip(f"`{' '.join(command)}` fails: {said}")


@pytest.fixture(scope="module")
def built_stack() -> Iterator[Stack]:
    _needs_docker()
    stack = Stack()
    try:
        stack.up("--build")
        yield stack
    finally:
        stack.compose("down", "-v", "--timeout", "20", timeout_seconds=120)


@pytest.fixture
def stack(built_stack: Stack) -> Stack:
    """All of it, whatever the test before has ended."""
    built_stack.up()
    return built_stack


def test_the_stream_through_the_load_balancer_shows_the_sessions_of_every_worker(stack: Stack) -> None:
    workers = stack.inspect("{{.Config.Hostname}}", *stack.containers("worker"))
    assert len(workers) == 2
    with Dashboard(stack.url) as dashboard:

        def keys_seen() -> str:
            return " ".join(row["session_key"] for event in dashboard.statuses for row in event.data["sessions"])

        wait_until(lambda: all(name in keys_seen() for name in workers), f"{workers} are in the stream", 60)
        assert dashboard.body.startswith(b"event: status\n")


def test_a_killed_replica_costs_no_request(stack: Stack) -> None:
    killed, survivor = stack.containers("gateway")
    with ThreadPoolExecutor() as pool, httpx.Client(base_url=stack.url, timeout=10) as client:
        kill = pool.submit(stack.docker, "kill", killed)
        during: list[int] = []
        while not kill.done():
            during.append(client.get(STATUS).status_code)
        after = [client.get(STATUS).status_code for _ in range(30)]
        kill.result()
    assert {*during, *after} == {200}
    assert stack.containers("gateway") == [survivor]


def test_a_stop_tells_clients_to_come_back_and_ends_every_replica_cleanly(stack: Stack) -> None:
    replicas = stack.containers("gateway")
    with Dashboard(stack.url) as dashboard:
        dashboard.wait_for_first()
        stack.compose("stop", "gateway")
        wait_until(lambda: re.search(rb"\n\nretry: \d+\n$", dashboard.body), "the stream ends with a retry line")
    assert stack.inspect("{{.State.ExitCode}}", *replicas) == ["0", "0"]


def test_a_replica_is_not_root_and_cannot_write(stack: Stack) -> None:
    locked_down = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}"
    assert set(stack.inspect(locked_down, *stack.containers("gateway"))) == {"10001:10001 true [ALL]"}


def test_compose_warns_of_nothing(built_stack: Stack) -> None:
    assert not built_stack.compose("config", "--quiet").stderr
