"""The example agents that are not Python, on the board by way of ingest."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from agent_status_publisher.testing import RecordingPublisher
from chaos import need
from tests.e2e.test_clients_go import BUILD_SECONDS, OFFLINE
from tests.support.gateways.ingest_thread import ingest

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
KEY: Final = "write key"


def run(*command: str | Path, seconds: float = 60) -> RecordingPublisher:
    """Run an example until it ends, which prints nothing if all went well, and return what it published."""
    publisher = RecordingPublisher()
    with ingest(publisher, KEY) as url:
        done = subprocess.run(
            [*command, url],
            env=os.environ | OFFLINE | {"AGENT_STATUS_INGEST_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return publisher


def check(publisher: RecordingPublisher, key: str) -> None:
    assert publisher.states(key) == ["thinking", "tool_running", "streaming", None]
    last = [change for change in publisher.changes if change.state == "streaming"][-1]
    assert (last.title, last.input_tokens, last.output_tokens) == ("Count to three", 12, 3)
    assert "count" in {change.tool_name for change in publisher.changes}


def test_the_node_example_is_seen_on_the_dashboard() -> None:
    publisher = run(need.program("node"), EXAMPLES / "ingest.mjs")
    check(publisher, "node:42")
    assert publisher.changes[-2].labels == {"agent": "counter"}
    assert publisher.changes[-2].progress == (3, 3)


@pytest.mark.slow
@pytest.mark.timeout(BUILD_SECONDS + 30)
def test_the_go_example_is_seen_on_the_dashboard() -> None:
    go = need.go()
    check(run(go, "run", EXAMPLES / "ingest.go", seconds=BUILD_SECONDS), "go:42")
