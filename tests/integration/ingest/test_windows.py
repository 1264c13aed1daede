"""What people on Windows run, without the modules and signals that are not there."""

import subprocess
import sys
from typing import Final

import httpx

from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.gateway_thread import GatewayThread
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

AS_THERE: Final = """
import asyncio, os, signal, sys
for name in ("resource", "fcntl", "termios", "tty", "pwd", "grp", "uvloop"):
    sys.modules[name] = None
for owner, names in ((signal, ("SIGHUP", "SIGKILL", "SIGCONT")), (os, ("fork", "register_at_fork", "chown"))):
    for name in names:
        delattr(owner, name)
def refuse(*_):
    raise NotImplementedError
asyncio.AbstractEventLoop.add_signal_handler = asyncio.unix_events._UnixSelectorEventLoop.add_signal_handler = refuse
"""
COMMANDS: Final = "from agent_status_gateway.__main__ import main; main()"
HOOK: Final = "from agent_status_publisher.hooks.send import main; sys.exit(main())"


def command(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", AS_THERE + program, *arguments]


def run(program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(program, *arguments),
        input=stdin,
        env=clean_environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ingest_and_the_hook_run_without_what_only_unix_has(real_redis: RedisServer) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = "ingest", "--redis-url", real_redis.url, "--port", str(port)
    with subprocess.Popen(
        command(COMMANDS, *arguments), env=clean_environment({}), stderr=subprocess.PIPE, text=True
    ) as ingest:
        try:
            wait_until(lambda: is_up(url) or ingest.poll() is not None, "ingest listens, or has ended")
            assert ingest.poll() is None, ingest.communicate()[1]
            event = '{"hook_event_name": "UserPromptSubmit", "session_id": "s1"}'
            assert run(HOOK, "claude-code", "--url", url, stdin=event).returncode == 0
            assert httpx.post(f"{url}/sessions/web:1", json={"state": "thinking"}).status_code == 204
            both = {"web:1": "thinking", "claude-code:s1": "thinking"}
            with GatewayThread(real_redis.url) as gateway:
                wait_until(lambda: gateway.states() == both, "both are shown")
        finally:
            ingest.kill()


def test_a_command_that_reads_a_gateway_ends_with_a_sentence_there() -> None:
    shown = run(COMMANDS, "show", "--url", "http://127.0.0.1:1")
    assert shown.returncode == 2
    assert shown.stderr.startswith("agent-status-gateway: no gateway answers at http://127.0.0.1:1: ")


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez").status_code == 200
    except httpx.TransportError:
        return False
