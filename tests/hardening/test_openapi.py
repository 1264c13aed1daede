"""Everything that schemathesis makes of the OpenAPI document: values that fit it, and values that do not."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from agent_status_gateway.paths import STATUS_PATH, SUMMARY_PATH, SUMMARY_STREAM_PATH, TICKET_PATH
from chaos.gateways.gateway_process import STREAM, GatewayProcess
from chaos.servers.redis_server import RedisServer
from tests.support.programs.locked_environment import INSTALL_SECONDS, locked_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 300)]
RUN_SECONDS: Final = 240
EXAMPLES: Final = 200
KEY: Final = "geheim"
CONFIG: Final = f"""
[[operations]]
include-path = "{TICKET_PATH}"
[operations.checks.positive_data_acceptance]
expected-statuses = [200, 403, 422]
[[operations]]
include-path = "{STATUS_PATH}"
parameters = {{ "query.wait" = 0 }}
[[operations]]
include-path = "{SUMMARY_PATH}"
parameters = {{ "query.wait" = 0 }}
"""
"""A schema cannot say that all lists of a ticket's body have one bound together, nor what bytes a key may have.

Nothing is held, since `If-None-Match: *` would be for a minute: see test_held_polls.py.
"""


def test_every_answer_is_one_that_the_document_has_and_none_is_given_without_the_key(
    target_redis: RedisServer, tmp_path: Path
) -> None:
    """The stream aside, which never ends: see test_request_shapes.py and test_large_requests.py."""
    schemathesis = locked_environment("schemathesis") / "bin" / "schemathesis"
    with GatewayProcess(target_redis.url, api_key=KEY) as gateway:
        run(schemathesis, gateway.ready().url, tmp_path)
        assert "Traceback" not in gateway.log()


def run(schemathesis: Path, url: str, folder: Path) -> None:
    (folder / "schemathesis.toml").write_text(CONFIG)
    done = subprocess.run(
        [
            *(schemathesis, "--no-color", "run", f"{url}/openapi.json"),
            *("--exclude-path", STREAM, "--exclude-path", SUMMARY_STREAM_PATH, "--header", f"X-Status-Key: {KEY}"),
            *("--max-examples", str(EXAMPLES), "--seed", "1", "--request-timeout", "10"),
        ],
        cwd=folder,  # it remembers what failed, which is nothing for the checkout
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
