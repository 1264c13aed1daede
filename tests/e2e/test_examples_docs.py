"""Every example of the README and the docs, run as it is written (the browser's with the browser's tests)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from agent_status_gateway.state.fold.schema import GlobalStatus, SessionStatus
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import STATUS, GatewayProcess
from chaos.need import program
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.e2e.conftest import KEY, Program
from tests.e2e.test_clients_go import BUILD_SECONDS, OFFLINE
from tests.support.documents import README, doc_page, example

API: Final = doc_page("reference/http-api.md")
EVENTS: Final = doc_page("reference/events.md")
SUMMARY: Final = doc_page("reference/summary.md")
FIRST_AGENT: Final = doc_page("tutorial/first-agent.md")
OWN_DASHBOARD: Final = doc_page("tutorial/own-dashboard.md")


def at(gateway: GatewayProcess, code: str) -> str:
    return code.replace("http://localhost:8000", gateway.url).replace("your-key", KEY)


@pytest.mark.usefixtures("session")
def test_the_python_stream_example_prints_the_global_state(gateway: GatewayProcess) -> None:
    code = at(gateway, example(OWN_DASHBOARD, "python", "iter_lines")).replace(KEY, "your-key")
    with Program(sys.executable, "-c", code) as reader:
        reader.wait_for_line("active")


def says(reader: Program, text: str) -> None:
    wait_until(lambda: any(text in line for line in list(reader.lines)), f"{text} is printed, not {reader.lines}")


@pytest.mark.usefixtures("session")
def test_the_requests_example_prints_the_snapshot(gateway: GatewayProcess) -> None:
    with Program(sys.executable, "-c", at(gateway, example(API, "python", "import requests"))) as reader:
        says(reader, "'session_key': 'websocket:abc123'")


@pytest.mark.usefixtures("session")
def test_the_fetch_example_prints_the_snapshot(gateway: GatewayProcess) -> None:
    code = at(gateway, example(API, "js", "await fetch"))
    with Program(program("node"), "--input-type=module", "-e", code) as reader:
        says(reader, "active_sessions: 1")


@pytest.mark.usefixtures("session")
def test_the_curl_examples_read_both_endpoints_with_a_key(keyed_gateway: GatewayProcess) -> None:
    wait_until(
        lambda: "websocket:abc123" in keyed_gateway.get(f"{STATUS}?key={quote(KEY)}").text, "the session is known"
    )
    program("curl")
    for command in example(API, "sh", "X-Status-Key").splitlines():
        with Program(program("sh"), "-c", at(keyed_gateway, command)) as reader:
            says(reader, "websocket:abc123")


@pytest.mark.usefixtures("session")
def test_the_curl_examples_of_a_summary_count_the_session(gateway: GatewayProcess) -> None:
    program("curl")
    by_channel, by_state = example(SUMMARY, "sh", "by=state").splitlines()
    groups = {
        example(SUMMARY, "sh", "curl -N").strip(): '"channel":"websocket"',
        by_channel: '{"channel":"websocket","sessions":1',
        by_state: '"groups":[{"state":"',
    }
    for command, group in groups.items():
        with Program(program("sh"), "-c", at(gateway, command)) as reader:
            says(reader, group)


@pytest.mark.usefixtures("session")
def test_the_curl_examples_of_a_view_read_that_part_alone(gateway: GatewayProcess, publisher: StatusPublisher) -> None:
    publisher.session("elsewhere:1")
    wait_until(lambda: "elsewhere:1" in gateway.get(STATUS).text, "the other session is known")
    program("curl")
    for command in example(API, "sh", "data-urlencode").splitlines():
        with Program(program("sh"), "-c", at(gateway, command)) as reader:
            says(reader, "websocket:abc123")
            assert not [line for line in reader.lines if "elsewhere" in line]


@pytest.mark.usefixtures("session")
def test_the_curl_example_of_a_stream_of_a_part_is_silent_about_the_rest(gateway: GatewayProcess) -> None:
    program("curl")
    with Program(program("sh"), "-c", at(gateway, example(EVENTS, "sh", "state=waiting_for_user"))) as reader:
        says(reader, '"sessions":[]')


@pytest.mark.slow
@pytest.mark.timeout(BUILD_SECONDS + 30)
@pytest.mark.usefixtures("session")
def test_the_go_example_prints_the_snapshot(gateway: GatewayProcess, tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not on this machine")
    program_file = tmp_path / "main.go"
    program_file.write_text(at(gateway, example(API, "go", "package main")), "utf-8")
    done = subprocess.run(
        [go, "run", program_file],
        env=os.environ | OFFLINE,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sessions"][0]["session_key"] == "websocket:abc123"


@pytest.mark.parametrize("document", [README, FIRST_AGENT], ids=["README", "first-agent"])
def test_the_publisher_example_publishes(document: str, real_redis: RedisServer) -> None:
    code = example(document, "python", "with StatusPublisher(").replace("redis://localhost:6379/0", real_redis.url)
    with Program(sys.executable, "-W", "error", "-c", code + "print('done')") as agent:
        says(agent, "done")
    assert agent.lines == ["done"]


def test_the_example_for_users_own_tests_holds() -> None:
    code = example(FIRST_AGENT, "python", "RecordingPublisher")
    with Program(sys.executable, "-W", "error", "-c", code + "print('done')") as agent:
        says(agent, "done")


def test_an_example_of_an_event_has_the_fields_of_the_snapshot() -> None:
    for document in (README, EVENTS):
        data = json.loads(document.partition("data: ")[2].partition("\n")[0])
        assert set(data["global"]) == set(GlobalStatus.__annotations__)
        assert [set(session) for session in data["sessions"]] == [set(SessionStatus.__required_keys__)]
