"""A plain install, as agents' environments get it: the built wheel, redis and orjson, nothing else."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chaos import need
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_sentinel import RedisSentinel
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PUBLISHER = ROOT / "publisher"
DEPENDENCIES = tomllib.loads((PUBLISHER / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
(OLDEST_REDIS_PY,) = (one.removeprefix("redis>=") for one in DEPENDENCIES if one.startswith("redis>="))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment,
        cwd="/",
    )


def install(folder: Path, *wanted: str) -> Path:
    """The interpreter of an environment that has our wheel and what it asks for."""
    need.executable_tmp()
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    python = folder / "bin" / "python"
    installed = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PUBLISHER, *wanted)
    if installed.returncode != 0:
        need.missing(f"a package index ({installed.stderr.strip().splitlines()[-1]})")
    return python


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def oldest_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the oldest redis-py that may be there."""
    return install(tmp_path_factory.mktemp("oldest"), f"redis~={OLDEST_REDIS_PY}.0")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def by_socket(stack: ExitStack) -> str:
    server = RedisServer()
    stack.callback(server.close)
    return server.url


def by_sentinel(stack: ExitStack) -> str:
    servers = RedisSentinel()
    stack.callback(servers.close)
    return servers.url


def by_cluster(stack: ExitStack) -> str:
    servers = RedisCluster()
    stack.callback(servers.close)
    return servers.url


def test_it_brings_redis_and_orjson_alone(python: Path) -> None:
    listed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").stdout
    packages = {line.partition("==")[0] for line in listed.splitlines()}
    wanted_by_redis_on_old_pythons = {"async-timeout"}
    tools = {"pip", "setuptools"}
    assert packages - tools - wanted_by_redis_on_old_pythons == {"agent-status-publisher", "redis", "orjson"}


def test_it_publishes(python: Path, real_redis: RedisServer) -> None:
    script = (
        "from agent_status_publisher import StatusPublisher\n"
        "from agent_status_publisher.testing import RecordingPublisher\n"
        "with StatusPublisher() as publisher, publisher.session('web:1'):\n"
        "    print(publisher.flush())\n"
    )
    published = run(python, "-W", "error", "-c", script, AGENT_STATUS_REDIS_URL=real_redis.url)
    assert (published.stdout, published.stderr) == ("True\n", "")


@pytest.mark.parametrize("make", [by_socket, by_sentinel, by_cluster])
def test_with_the_oldest_redis_py_that_it_allows_it_publishes_to_every_kind_of_redis(
    oldest_python: Path, stack: ExitStack, make: Callable[[ExitStack], str]
) -> None:
    url = make(stack)
    gateway = stack.enter_context(GatewayThread(url)).ready()
    script = (
        "import os, redis\n"
        "from agent_status_publisher import StatusPublisher\n"
        "publisher = StatusPublisher(heartbeat_seconds=30, lease_seconds=60, on_error=print)\n"
        "publisher.session('web:1').tool_running('bash')\n"
        "print(redis.__version__, publisher.flush(), flush=True)\n"
        "os._exit(0)\n"
    )
    published = run(oldest_python, "-W", "error", "-c", script, AGENT_STATUS_REDIS_URL=url)
    version, _, reached = published.stdout.partition(" ")
    assert (version.startswith(OLDEST_REDIS_PY), reached, published.stderr) == (True, "True\n", "")
    wait_until(lambda: gateway.states() == {"web:1": "tool_running"}, "the channel has said it", 8)
