"""Each example agent as a user runs it: in its framework's environment, seen on the board of a real gateway."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pytest

from chaos.clients.onlooker import Onlooker
from chaos.gateways.gateway_process import GatewayProcess, clean_environment
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.programs.locked_environment import PROJECT, PYTHONPATH, locked_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1000)]

EXAMPLES: Final = sorted(path.stem for path in (PROJECT / "examples").glob("*_agent.py"))
AGENT_SECONDS: Final = 90
NOTHING_SENT_HOME: Final = {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false"}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_seen_at_work_and_gone_when_it_has_ended(example: str, real_redis: RedisServer) -> None:
    environment = locked_environment(f"bridge-{example.removesuffix('_agent').replace('_', '-')}")
    with (
        GatewayProcess(real_redis.url, debounce_seconds=0.05) as gateway,
        Onlooker(gateway.ready().port) as onlooker,
        tempfile.TemporaryDirectory(prefix="example-") as home,
    ):
        done = subprocess.run(
            [environment / "bin" / "python", Path("examples", f"{example}.py")],
            cwd=PROJECT,
            env=clean_environment({"redis_url": real_redis.url})
            | NOTHING_SENT_HOME
            | {"HOME": home, "PYTHONPATH": PYTHONPATH},
            capture_output=True,
            text=True,
            timeout=AGENT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        wait_until(lambda: gateway.states() == {}, "the board shows its end")
    seen = [states for _, states in onlooker.snapshots]
    (key,) = {key for states in seen for key in states}
    assert {states[key] for states in seen if key in states} >= {"thinking", "tool_running"}, seen
