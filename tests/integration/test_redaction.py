"""A server that repeats our password in its answer brings it into nothing that people see."""

import logging
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from agent_status_gateway.cli.commands import cli
from agent_status_publisher import PublisherError, StatusPublisher
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


@pytest.fixture(params=["HELLO", "AUTH"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a server listens that does not know this command, and says so with all that was given with it."""
    redis = RedisServer("--rename-command", request.param, "", check=False)
    yield redis.url.replace("unix://", "unix://:hush-hush@") + (
        "?protocol=2" if request.param == "AUTH" else "?protocol=3"
    )
    redis.close()


def test_the_doctor_shows_no_password(url: str) -> None:
    shown = CliRunner().invoke(
        cli, ["doctor", "--redis-url", url, "--url", "http://127.0.0.1:1", "--idle-seconds", "0"]
    )
    assert "unknown command" in shown.output
    assert "hush-hush" not in shown.output


def test_the_publisher_reports_no_password_and_chains_no_error_that_has_it(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[PublisherError] = []
    with StatusPublisher(url, on_error=errors.append):
        wait_until(lambda: errors, "Redis has refused the command", 5)
    assert "unknown command" in str(errors[0])
    assert "hush-hush" not in str(errors[0]) + caplog.text
    assert errors[0].__cause__ is None
    assert errors[0].__context__ is None


def test_an_agent_that_logs_a_traceback_writes_no_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    own = logging.getLogger("the agent's")

    def log_and_fail(error: PublisherError) -> None:
        own.exception("%s", error)
        raise error

    with StatusPublisher(url, on_error=log_and_fail):
        wait_until(lambda: "on_error raised" in caplog.text, "the agent's own handler has failed", 5)
    assert "unknown command" in caplog.text
    assert "hush-hush" not in caplog.text
