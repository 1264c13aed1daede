"""A plain install, as agents' environments get it: the built wheel, redis and orjson, nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.need import missing
from tests.support.redis_server import RedisServer

ROOT = Path(__file__).parents[2]


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


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has our wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("plain")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    python = folder / "bin" / "python"
    installed = run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT)
    if installed.returncode != 0:
        missing(f"a package index ({installed.stderr.strip().splitlines()[-1]})")
    return python


def test_it_brings_redis_and_orjson_alone(python: Path) -> None:
    listed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").stdout
    packages = {line.partition("==")[0] for line in listed.splitlines()}
    wanted_by_redis_on_old_pythons = {"async-timeout"}
    tools = {"pip", "setuptools"}
    assert packages - tools - wanted_by_redis_on_old_pythons == {"agent-status-gateway", "redis", "orjson"}


def test_it_publishes(python: Path, real_redis: RedisServer) -> None:
    script = (
        "from publisher import StatusPublisher\n"
        "from publisher.testing import RecordingPublisher\n"
        "with StatusPublisher() as publisher, publisher.session('web:1'):\n"
        "    print(publisher.flush())\n"
    )
    published = run(python, "-W", "error", "-c", script, POCKETPAW_STATUS_REDIS_URL=real_redis.url)
    assert (published.stdout, published.stderr) == ("True\n", "")


def test_its_command_says_which_extra_is_missing(python: Path) -> None:
    ended = run(python.parent / "agent-status", "serve")
    assert ended.returncode == 1
    assert "Install the gateway extra: agent-status-gateway[gateway]" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
