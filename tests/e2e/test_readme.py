"""Every example of the README, run as it is written (the browser's with the browser's tests)."""

import re
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.conftest import KEY, Program
from tests.support.gateway_process import STATUS, GatewayProcess
from tests.support.need import program
from tests.support.redis_server import RedisServer
from tests.support.wait import wait_until

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def example(language: str, containing: str) -> str:
    """The one block of this language that has these words."""
    blocks = [block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in block]
    assert len(blocks) == 1, (language, containing)
    return str(blocks[0])


def at(gateway: GatewayProcess, code: str) -> str:
    return code.replace("http://localhost:8000", gateway.url).replace("your-key", KEY)


@pytest.mark.usefixtures("session")
def test_the_python_stream_example_prints_the_global_state(gateway: GatewayProcess) -> None:
    code = at(gateway, example("python", "iter_lines")).replace(KEY, "your-key")
    with Program(sys.executable, "-c", code) as reader:
        reader.wait_for_line("active")


def says(reader: Program, text: str) -> None:
    wait_until(lambda: any(text in line for line in list(reader.lines)), f"{text} is printed, not {reader.lines}")


@pytest.mark.usefixtures("session")
def test_the_requests_example_prints_the_snapshot(gateway: GatewayProcess) -> None:
    with Program(sys.executable, "-c", at(gateway, example("python", "import requests"))) as reader:
        says(reader, "'session_key': 'websocket:abc123'")


@pytest.mark.usefixtures("session")
def test_the_fetch_example_prints_the_snapshot(gateway: GatewayProcess) -> None:
    code = at(gateway, example("js", "await fetch"))
    with Program(program("node"), "--input-type=module", "-e", code) as reader:
        says(reader, "active_sessions: 1")


@pytest.mark.usefixtures("session")
def test_the_curl_examples_read_both_endpoints_with_a_key(keyed_gateway: GatewayProcess) -> None:
    wait_until(
        lambda: "websocket:abc123" in keyed_gateway.get(f"{STATUS}?key={quote(KEY)}").text, "the session is known"
    )
    program("curl")
    for command in example("sh", "X-Status-Key").splitlines():
        with Program(program("sh"), "-c", at(keyed_gateway, command)) as reader:
            says(reader, "websocket:abc123")


def test_the_publisher_example_publishes(real_redis: RedisServer) -> None:
    code = example("python", "with StatusPublisher(").replace("redis://localhost:6379/0", real_redis.url)
    with Program(sys.executable, "-W", "error", "-c", code + "print('done')") as agent:
        says(agent, "done")
    assert agent.lines == ["done"]


def test_the_example_for_users_own_tests_holds() -> None:
    code = example("python", "RecordingPublisher")
    with Program(sys.executable, "-W", "error", "-c", code + "print('done')") as agent:
        says(agent, "done")
