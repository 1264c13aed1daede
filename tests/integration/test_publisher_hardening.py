"""What a hostile process does to the publisher: finalizers, signals, forks, handlers that call back, odd clients."""

import gc
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from agent_status_publisher import PublisherError, StatusPublisher
from agent_status_publisher.contract.reading import READ_SCRIPT, decode_reading, read_arguments
from agent_status_publisher.contract.wire import Keys, WorkerRecord
from chaos.gateways.gateway_process import clean_environment
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

KEYS = Keys("default")


def records(server: RedisServer) -> list[WorkerRecord]:
    keys, arguments = read_arguments(KEYS)
    with server.client() as client:
        reading = decode_reading(client.register_script(READ_SCRIPT)(keys=keys, args=arguments))
    return [raw.decode().record for raw in reading.reports]


@contextmanager
def garbage_collected_all_the_time() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def test_finalizers_that_end_sessions_at_any_moment_do_not_stop_the_thread(real_redis: RedisServer) -> None:
    class Agent:
        def __init__(self, key: str) -> None:
            self.session = publisher.session(key)
            self.me = self

        def __del__(self) -> None:
            self.session.end()

    with StatusPublisher(real_redis.url) as publisher, garbage_collected_all_the_time():
        for number in range(300):
            Agent(f"a:{number}")
        gc.collect()
        assert publisher.flush()
        assert records(real_redis)[0].sessions == ()


def test_a_logging_handler_and_an_on_error_may_use_the_publisher_from_any_thread() -> None:
    def on_error(_error: PublisherError) -> None:
        publisher.session("from:on_error").thinking()

    publisher = StatusPublisher("unix:///nobody/there", on_error=on_error).start()

    class ToTheBoard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            publisher.publish("from:handler", "error", error_message=record.getMessage())

    def call_badly() -> None:
        for number in range(150):
            publisher.session(f"\n{number}")

    def log_errors() -> None:
        for number in range(150):
            logging.getLogger("agent").error("boom %d", number)

    handler = ToTheBoard()
    logging.getLogger().addHandler(handler)
    try:
        threads = [
            threading.Thread(target=call_badly, daemon=True),
            threading.Thread(target=log_errors, daemon=True),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive(), "a deadlock"
    finally:
        logging.getLogger().removeHandler(handler)
        publisher.close()


def test_an_agents_slow_str_does_not_hold_up_other_agents(real_redis: RedisServer) -> None:
    class SlowError(Exception):
        def __str__(self) -> str:
            entered.set()
            release.wait(10)
            return "slow"

    def fail() -> None:
        publisher.session("slow:1").error(SlowError())

    entered, release = threading.Event(), threading.Event()
    with StatusPublisher(real_redis.url) as publisher:
        thread = threading.Thread(target=fail)
        thread.start()
        assert entered.wait(5)
        started_at = time.monotonic()
        publisher.session("quick:1").streaming()
        assert time.monotonic() - started_at < 1
        release.set()
        thread.join(10)


def test_a_signal_handler_that_publishes_during_the_first_call_makes_no_second_worker(real_redis: RedisServer) -> None:
    before = signal.signal(signal.SIGALRM, lambda *_: publisher.session("from:signal"))
    try:
        for number in range(40):
            publisher = StatusPublisher(real_redis.url)
            signal.setitimer(signal.ITIMER_REAL, 1e-5 * (number + 1))
            publisher.session("from:main")
            signal.setitimer(signal.ITIMER_REAL, 0)
            publisher.close()
    finally:
        signal.signal(signal.SIGALRM, before)
    flushers = [thread for thread in threading.enumerate() if thread.name == "agent-status-flusher"]
    assert not flushers
    assert all(record.left for record in records(real_redis))


class TaskTimeLimitError(Exception):
    """As task queues raise it, from a signal handler."""


def test_an_exception_that_a_signal_handler_raises_inside_a_call_reaches_the_agent(real_redis: RedisServer) -> None:
    def time_is_up(*_: object) -> None:
        raise TaskTimeLimitError

    before = signal.signal(signal.SIGALRM, time_is_up)
    try:
        with StatusPublisher(real_redis.url) as publisher:
            session = publisher.session("web:1")
            for number in range(50):
                with pytest.raises(TaskTimeLimitError):  # noqa: PT012 - the alarm comes anywhere in the loop
                    signal.setitimer(signal.ITIMER_REAL, 0.001 + number * 1e-5)
                    while True:
                        session.thinking()
                        session.streaming()
            session.waiting_for_user()
            assert publisher.flush()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def in_a_child(action: Any) -> int:
    """The exit status of a forked child that does this; it is killed if it hangs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(5)
        try:
            action()
        except BaseException:  # noqa: BLE001 - whatever it is, the child must not run the parent's tests
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_forked_while_a_lock_is_held_hangs_in_no_call(real_redis: RedisServer) -> None:
    def forget() -> Any:
        return StatusPublisher(real_redis.url).session("dropped:1")

    dropped = forget()
    publisher = StatusPublisher(real_redis.url).start()
    session = publisher.session("web:1")
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with publisher._newest().lock, dropped._worker.lock:  # type: ignore[union-attr]
            locked.set()
            release.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(5)

    def child() -> None:
        session.thinking()
        session.label("agent", "reviewer")
        session.link = "https://ci.example/7"
        session.cost(usd=1)
        session.context(used=1, window=2)
        session.progress(done=1, of=2)
        session.waiting_for_user("approval")
        session.end("cancelled")
        dropped.thinking()
        publisher.flush(0.5)
        publisher.session("child:1")
        assert publisher.flush(5)
        publisher.close()

    try:
        assert in_a_child(child) == 0
    finally:
        release.set()
        holder.join()
        publisher.close()
        dropped._worker.leave(3)


def test_a_publisher_that_nobody_holds_says_goodbye_at_the_end_all_the_same(real_redis: RedisServer) -> None:
    script = textwrap.dedent("""
        from agent_status_publisher import StatusPublisher
        session = StatusPublisher().session("web:1")
        session._worker.flush(3)
    """)
    environment = clean_environment({"redis_url": real_redis.url})
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=20)
    assert [record.left for record in records(real_redis)] == [True]


def test_a_goodbye_that_redis_refuses_for_a_moment_is_said_again(own_redis: RedisServer) -> None:
    with own_redis.client() as admin:
        publisher = StatusPublisher(own_redis.url).start()
        publisher.session("web:1")
        publisher.flush()
        admin.config_set("maxmemory", "1")
        closing = threading.Thread(target=publisher.close)
        closing.start()
        wait_until(lambda: admin.info("errorstats").get("errorstat_OOM"), "Redis refuses the goodbye")
        admin.config_set("maxmemory", "0")
        closing.join(5)
        assert not closing.is_alive()
    assert [record.left for record in records(own_redis)] == [True]


def test_a_second_close_waits_for_the_goodbye_too(own_redis: RedisServer) -> None:
    publisher = StatusPublisher(own_redis.url).start()
    publisher.session("web:1")
    publisher.flush()
    own_redis.pause()
    first = threading.Thread(target=publisher.close)
    first.start()
    wait_until(lambda: publisher.worker_id is None, "the first close has begun")
    threading.Timer(0.5, own_redis.resume).start()
    publisher.close()
    first.join(5)
    assert [record.left for record in records(own_redis)] == [True]


@pytest.mark.parametrize("options", [{"decode_responses": True}, {"protocol": 2}, {"max_connections": 1}])
def test_a_client_of_the_agents_lends_its_settings_and_keeps_its_connections(
    real_redis: RedisServer, options: dict[str, Any]
) -> None:
    with redis.Redis.from_url(real_redis.url, **options) as client, StatusPublisher(client) as publisher:
        connection = client.connection_pool.get_connection()
        publisher.session("web:1")
        assert publisher.flush(), "though the agent uses its only connection"
        client.connection_pool.release(connection)


def test_a_url_with_an_option_that_there_is_not_is_refused_at_once() -> None:
    with pytest.raises(PublisherError, match="REDIS_URL: cannot be parsed"):
        StatusPublisher("redis://localhost?foo=bar")


@pytest.mark.parametrize("timeout", [float("inf"), float("nan"), 1e12, 0, -1])
def test_flush_takes_any_timeout(real_redis: RedisServer, timeout: float) -> None:
    with StatusPublisher(real_redis.url) as publisher:
        assert publisher.flush()
        assert publisher.flush(timeout)


def test_a_flush_that_waits_ends_when_the_publisher_is_closed(own_redis: RedisServer) -> None:
    own_redis.kill()
    publisher = StatusPublisher(own_redis.url).start()
    closing = threading.Timer(0.5, publisher.close)
    closing.start()
    started_at = time.monotonic()
    assert not publisher.flush(30)
    assert time.monotonic() - started_at < 5
    closing.join()
