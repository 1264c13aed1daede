"""The API page's Go program, where there is Go."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from agent_status_publisher import Session
from chaos import need
from chaos.gateways.gateway_process import STATUS, GatewayProcess
from tests.e2e.conftest import states

PROGRAM: Final = Path(__file__).parent / "go" / "main.go"
BUILD_SECONDS: Final = 240
"""Go compiles its standard library the first time."""
# It needs the standard library only: no network, no C compiler, no other toolchain.
OFFLINE: Final = {"CGO_ENABLED": "0", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": ""}


@pytest.mark.timeout(BUILD_SECONDS + 30)
def test_the_go_program_gets_the_snapshot_as_json(gateway: GatewayProcess, session: Session) -> None:
    go = need.go()
    done = subprocess.run(
        [go, "run", str(PROGRAM), gateway.url + STATUS],
        env=os.environ | OFFLINE,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert states(json.loads(done.stdout)) == {session.key: "thinking"}
