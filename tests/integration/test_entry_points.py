"""Every way to start a gateway, and every way that it may not start."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent_status_gateway.cli.commands import cli
from chaos import need
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import STATUS, STREAM, GatewayProcess, clean_environment
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "agent-status-gateway serve": (),
    "python -m agent_status_gateway serve --port": ("-m", "agent_status_gateway", "serve", "--port", "{port}"),
    "uvicorn agent_status_gateway.main:app": ("-m", "uvicorn", "agent_status_gateway.main:app", "--port", "{port}"),
    "uvicorn --factory": ("-m", "uvicorn", "--factory", "agent_status_gateway.main:create_app", "--port", "{port}"),
}


@pytest.fixture(scope="module")
def gateway(shared_redis: RedisServer) -> Iterator[GatewayProcess]:
    """One process for all tests that only look at it."""
    with GatewayProcess(shared_redis.url, api_key="geheim", prot=1) as made:
        made.ready()
        yield made


def run(*arguments: str, **settings: object) -> Result:
    """The command line, in this process."""
    environment = {f"AGENT_STATUS_{name.upper()}": str(value) for name, value in settings.items()}
    return CliRunner().invoke(cli, list(arguments), env=environment)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_every_entry_point_serves_and_ends_cleanly_with_an_open_stream(
    command: tuple[str, ...], real_redis: RedisServer
) -> None:
    with GatewayProcess(real_redis.url, command=command) as gateway, Dashboard(gateway.ready().url) as dashboard:
        assert gateway.snapshot()["global"]["state"] == "idle"
        dashboard.wait_for_first()
        assert gateway.stop() in (-15, 143)
        assert dashboard.body.endswith(b"\n\n" + dashboard.body.rpartition(b"\n\n")[2])
        assert dashboard.body.rpartition(b"\n\n")[2].startswith(b"retry: ")
        assert "Traceback" not in gateway.log()


def test_the_installed_command_ends_with_one_clear_line_and_a_status() -> None:
    command = Path(sys.executable).parent / "agent-status-gateway"
    environment = clean_environment({"port": "abc"})
    ended = subprocess.run([command, "serve"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("agent-status-gateway: AGENT_STATUS_PORT: ")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (("serve", "--port", "70000"), {}, "AGENT_STATUS_PORT: "),
        (("serve",), {"redis_url": "http://user:secret@host"}, "AGENT_STATUS_REDIS_URL: cannot be parsed"),
        (("serve", "--redis-url", "nonsense"), {}, "AGENT_STATUS_REDIS_URL: cannot be parsed"),
        (("serve", "--host", "no.such.host.invalid"), {}, "cannot listen on no.such.host.invalid"),
        (("show", "--url", "http://127.0.0.1:1"), {}, "no gateway answers at http://127.0.0.1:1"),
        (("show", "--url", "nonsense"), {}, "--url must be an address such as http://localhost:8000, not 'nonsense'"),
        (("show", "--key-file", "/no/such/file"), {}, "--key-file must be a file with the key: /no/such/file"),
    ],
)
def test_bad_input_gets_one_clear_line_and_a_status(
    arguments: tuple[str, ...], settings: dict[str, object], message: str
) -> None:
    ended = run(*arguments, **settings)
    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"agent-status-gateway: {message}")
    assert len(ended.stderr.splitlines()) == 1
    assert "secret" not in ended.stderr


def test_a_wrong_setting_under_uvicorn_is_named_without_a_traceback() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "uvicorn", "agent_status_gateway.main:app", "--port", str(free_port())],
        env=clean_environment({"max_clients": "many"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert "AGENT_STATUS_MAX_CLIENTS: " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_gets_a_clear_message(command: str, gateway: GatewayProcess) -> None:
    ended = run(command, "--port", str(gateway.port))
    assert ended.exit_code == 2
    assert f"port {gateway.port} is taken on 127.0.0.1: choose another with --port" in ended.stderr


def test_a_misspelt_setting_is_warned_about(gateway: GatewayProcess) -> None:
    assert "AGENT_STATUS_PROT is not a setting: is it misspelt?" in gateway.log()


def test_embedded_brings_a_server_along_and_takes_it_away() -> None:
    with GatewayProcess("", command=("-m", "agent_status_gateway", "serve", "--embedded")) as gateway:
        gateway.ready()
        url = gateway.log().partition("REDIS_URL=")[2].split()[0]
        socket = Path(url.removeprefix("unix://"))
        assert socket.exists()
        assert gateway.stop() == -signal.SIGTERM
    assert not socket.exists()


def test_show_prints_the_snapshot_for_people_and_for_programs(gateway: GatewayProcess, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("geheim\n")
    assert "idle" in run("show", "--url", gateway.url, "--key-file", str(key_file)).stdout
    as_json = run("show", "--json", "--url", gateway.url, api_key="geheim")
    assert as_json.stdout.startswith('{"global":{"state":"idle"')
    refused = run("show", "--url", gateway.url)
    assert refused.exit_code == 2
    assert "requires a key: set AGENT_STATUS_API_KEY or use --key-file" in refused.stderr


def test_the_open_file_limit_is_raised_to_the_hard_one(gateway: GatewayProcess) -> None:
    need.proc()
    limits = Path(f"/proc/{gateway.process.pid}/limits")
    soft, hard = next(line.split()[3:5] for line in limits.read_text().splitlines() if "open files" in line)
    assert soft == hard


def test_no_key_is_ever_written_to_a_log(gateway: GatewayProcess) -> None:
    gateway.get(f"{STATUS}?key=geheim")
    gateway.get(f"{STATUS}?%6bey=geheim")
    gateway.get(f"{STATUS}?key=falsch")
    with Dashboard(gateway.url, f"{STREAM}?key=geheim") as dashboard:
        dashboard.wait_for_first()
    wait_until(lambda: "stream to 127.0.0.1:" in gateway.log(), "the stream has its line")
    assert "geheim" not in gateway.log()
    assert "falsch" not in gateway.log()


def test_no_key_is_written_to_a_log_by_an_attempt_at_a_websocket(gateway: GatewayProcess) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    gateway.get(f"{STATUS}?key=geheim", headers=upgrade)
    assert "geheim" not in gateway.log()


@pytest.mark.parametrize("key", ["erster\nzweiter", "schlüssel"])
def test_a_key_that_no_header_can_hold_gets_a_clear_line_without_the_key(gateway: GatewayProcess, key: str) -> None:
    ended = run("show", "--url", gateway.url, api_key=key)
    assert ended.exit_code == 2
    assert len(ended.stderr.splitlines()) == 1
    assert key.split(maxsplit=1)[0] not in ended.stderr


@pytest.mark.parametrize("command", ["HELLO", "AUTH"])
def test_a_redis_that_repeats_our_password_does_not_bring_it_into_a_log_or_a_probe(command: str) -> None:
    redis = RedisServer("--rename-command", command, "", check=False)
    url = redis.url.replace("unix://", "unix://:hush-hush@") + ("?protocol=2" if command == "AUTH" else "")
    try:
        with GatewayProcess(url) as gateway:
            wait_until(lambda: "unknown command" in gateway.log(), "Redis has refused the command")
            assert "hush-hush" not in gateway.log()
            assert "hush-hush" not in gateway.get("/readyz").text
    finally:
        redis.close()
