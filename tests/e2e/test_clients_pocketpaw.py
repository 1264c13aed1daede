"""`pocketpaw status`, the command of the system whose API page this is: the real package in its own environment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from agent_status_publisher import Session, StatusPublisher
from chaos import need
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.e2e.conftest import KEY, states

PROJECT: Final = Path(__file__).parents[2]
LOCK: Final = PROJECT / "requirements" / "pocketpaw.txt"
ENVIRONMENT: Final = PROJECT / ".venv-pocketpaw"
INSTALL_SECONDS: Final = 900
COMMAND_SECONDS: Final = 60

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 2 * COMMAND_SECONDS)]


@pytest.fixture(scope="module")
def pocketpaw() -> Path:
    """Its command; installed once, and again when the lock has changed."""
    lock = LOCK.read_text("utf-8")
    installed = ENVIRONMENT / ".installed.txt"
    if not installed.exists() or installed.read_text("utf-8") != lock:
        install()
        installed.write_text(lock, "utf-8")
    return ENVIRONMENT / "bin" / "pocketpaw"


def install() -> None:
    python = ENVIRONMENT / "bin" / "python"
    make: list[str | Path] = [sys.executable, "-m", "venv", "--clear", ENVIRONMENT]
    fill: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK]
    for command in (make, fill):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            need.missing(f"what {LOCK.name} lists ({(done.stdout + done.stderr).strip()[-2000:]})")


def ask(command: Path, home: Path, gateway: GatewayProcess, *arguments: str, key: str = "") -> str:
    """What the command prints about this gateway, run by a user with an empty home."""
    environment = os.environ | {"HOME": str(home), "POCKETPAW_STATUS_API_KEY": key}
    done = subprocess.run(
        [command, "status", "--port", str(gateway.port), *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pocketpaw_status_prints_our_snapshot(
    pocketpaw: Path, tmp_path: Path, gateway: GatewayProcess, session: Session
) -> None:
    session.tool_running("bash")
    wait_until(lambda: gateway.states() == {session.key: "tool_running"}, "the gateway shows the tool")

    printed = ask(pocketpaw, tmp_path, gateway)

    lines = [line.split() for line in printed.splitlines()]
    assert ["State:", "ACTIVE"] in lines
    assert ["Sessions:", "1", "/", "5"] in lines
    assert [line[:-1] for line in lines if "bash" in line] == [
        ["Fix", "auth", "bug", "websocket", "tool_running", "bash"]
    ]


def test_pocketpaw_status_with_the_key_prints_our_snapshot_as_json(
    pocketpaw: Path, tmp_path: Path, keyed_gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.session("discord:keyed")
    shown = {"discord:keyed": "thinking"}
    headers = {"X-Status-Key": KEY}
    wait_until(lambda: states(keyed_gateway.get(headers=headers).json()) == shown, "the gateway shows the session")

    printed = ask(pocketpaw, tmp_path, keyed_gateway, "--json", key=KEY)

    snapshot = json.loads(printed[printed.index("\n{") :])  # before it comes a warning: this home has no settings
    assert states(snapshot) == shown
    assert list(snapshot) == ["global", "sessions"]
