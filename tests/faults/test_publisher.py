"""What becomes of a worker's sessions, and of the agent, when something dies."""

import logging
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import pytest
import redis.asyncio

from agent_status_publisher import PublisherError, RedisUnavailableError, StatusPublisher
from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

LEASE, ERROR_TTL = 1.0, 1.0
TERMS = f"heartbeat_seconds=0.3, lease_seconds={LEASE}, error_ttl_seconds={ERROR_TTL}"


@pytest.fixture
def gateway(real_redis: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, debounce_seconds=0.1) as made:
        yield made.ready()


def script(redis: RedisServer, body: str) -> subprocess.Popen[str]:
    """A worker process of its own: `publisher` is ready to use."""
    source = (
        "import os, sys, time\n"
        "from agent_status_publisher import StatusPublisher\n"
        f"publisher = StatusPublisher({TERMS})\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", source + textwrap.dedent(body)],
        env=clean_environment({"redis_url": redis.url}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0, output
    return output


def shows(gateway: GatewayThread, wanted: dict[str, str], timeout_seconds: float = 20.0) -> None:
    wait_until(lambda: gateway.states() == wanted, f"the gateway shows {wanted}", timeout_seconds)


def test_a_frozen_worker_is_lost_and_right_again_when_it_wakes(gateway: GatewayThread, real_redis: RedisServer) -> None:
    worker = script(real_redis, "publisher.session('web:1'); sys.stdin.read()")
    shows(gateway, {"web:1": "thinking"})
    worker.send_signal(signal.SIGSTOP)
    shows(gateway, {}, LEASE + ERROR_TTL + 1)
    worker.send_signal(signal.SIGCONT)
    shows(gateway, {"web:1": "thinking"}, 1.5)
    worker.communicate("", timeout=20)


def test_the_end_of_the_interpreter_is_a_goodbye(gateway: GatewayThread, real_redis: RedisServer) -> None:
    finish(script(real_redis, "publisher.session('web:1'); publisher.session('web:2').error('boom')"))
    shows(gateway, {"web:2": "error"}, 1.0)


def test_an_agent_that_crashes_shows_its_error(gateway: GatewayThread, real_redis: RedisServer) -> None:
    worker = script(real_redis, "with publisher.session('web:1'): raise ValueError('boom')")
    output, _ = worker.communicate(timeout=20)
    assert output.rstrip().endswith("ValueError: boom")
    shows(gateway, {"web:1": "error"}, 1.0)
    assert gateway.snapshot()["sessions"][0]["error_message"] == "boom"


def test_a_forked_child_is_a_worker_of_its_own_and_takes_nothing_from_its_parent(
    gateway: GatewayThread, real_redis: RedisServer
) -> None:
    worker = script(
        real_redis,
        """
        import warnings; warnings.simplefilter('ignore')
        mine = publisher.session('parent:1')
        publisher.flush()
        first = publisher.worker_id
        if os.fork() == 0:
            mine.error('the child has no business here')
            publisher.session('child:1')
            assert publisher.worker_id != first
            sys.stdin.readline()
            sys.exit()
        print(first == publisher.worker_id, flush=True)
        os.wait()
        sys.stdin.read()
        """,
    )
    shows(gateway, {"parent:1": "thinking", "child:1": "thinking"})
    assert worker.stdin
    worker.stdin.write("\n")
    worker.stdin.flush()
    shows(gateway, {"parent:1": "thinking"})
    assert finish(worker) == "True\n"


def test_with_redis_down_the_agent_notices_nothing_and_the_outage_is_reported_once(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "agent_status_publisher")
    reported: list[PublisherError] = []
    own_redis.kill()
    publisher = StatusPublisher(own_redis.url, on_error=reported.append)
    with publisher, publisher.session("web:1") as session:
        wait_until(lambda: reported, "the outage is told")
        started_at = time.monotonic()
        for _ in range(1000):
            session.thinking()
            session.streaming()
        assert time.monotonic() - started_at < 1.0
        assert not publisher.flush(timeout=1.5)
        own_redis.start()
        assert publisher.flush(timeout=5)
        assert publisher.flush(timeout=5)
    assert [type(error) for error in reported] == [RedisUnavailableError]
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert lines[0].startswith("Redis does not accept this worker's reports: ")
    assert lines[1].startswith("Redis accepts this worker's reports again, after ")


@pytest.mark.parametrize("state", ["down", "hanging"])
def test_closing_takes_three_seconds_at_most_whatever_redis_does(own_redis: RedisServer, state: str) -> None:
    publisher = StatusPublisher(own_redis.url).start()
    publisher.session("web:1")
    publisher.flush()
    if state == "down":
        own_redis.kill()
    else:
        own_redis.pause()
    try:
        started_at = time.monotonic()
        publisher.close()
        assert time.monotonic() - started_at < 3.5
    finally:
        if state == "hanging":
            own_redis.resume()


def test_memory_is_bounded_by_the_sessions_that_exist_however_long_redis_is_away(own_redis: RedisServer) -> None:
    own_redis.kill()
    with StatusPublisher(own_redis.url) as publisher:
        for number in range(20_000):
            with publisher.session(f"web:{number}"):
                pass
        worker = publisher._newest()
        assert worker
        assert len(worker.outbox._runs) == 0
        assert len(worker.outbox._ends) <= 1000
        assert len(publisher._handles) <= 1


def test_an_asyncio_client_gets_a_hint_and_the_agent_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    reported: list[PublisherError] = []
    with StatusPublisher(redis.asyncio.Redis(), on_error=reported.append) as publisher:  # type: ignore[arg-type]
        with publisher.session("web:1") as session:
            session.streaming()
        assert publisher.flush()
    assert len(reported) == len(caplog.records) == 1
    assert "an asyncio Redis client was given" in str(reported[0])
