"""The last goodbye of a process: what is called before it still counts, and it waits neither twice nor for nobody."""

import subprocess
import sys
import textwrap
import time

import pytest

from agent_status_publisher import StatusPublisher
from agent_status_publisher.worker.flusher import Flusher
from chaos.gateways.gateway_process import clean_environment
from chaos.servers.redis_server import RedisServer
from tests.support.programs.process_end import HANGS_AFTER_SECONDS, records, said_by, whole


def test_a_close_after_an_interrupted_goodbye_does_not_wait_again(own_redis: RedisServer) -> None:
    script = """
        def interrupt(*_):
            raise KeyboardInterrupt

        def close():
            started_at = time.monotonic()
            publisher.close()
            print(time.monotonic() - started_at < 0.5)

        publisher = StatusPublisher().start()
        assert publisher.flush()
        print("ready", flush=True)
        sys.stdin.readline()
        last = Last(close)
        signal.signal(signal.SIGALRM, interrupt)
        atexit.register(signal.setitimer, signal.ITIMER_REAL, 0.5)
    """
    with subprocess.Popen(
        [sys.executable, "-c", whole(script)],
        env=clean_environment({"redis_url": own_redis.url}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        own_redis.pause()
        try:
            assert process.communicate("\n", timeout=HANGS_AFTER_SECONDS)[0].split() == ["True", "done"]
        finally:
            process.kill()
            own_redis.resume()


def test_an_ordinary_atexit_callback_still_publishes(real_redis: RedisServer) -> None:
    script = """
        publisher = StatusPublisher().start()

        @atexit.register
        def ordinary():
            publisher.publish("web:1", "error", error_message="boom")
            print(publisher.flush())
    """
    assert said_by(whole(script), real_redis.url) == "True"
    (record,) = records(real_redis)
    assert record.left
    assert [session.error for session in record.sessions] == ["boom"]


def test_a_thread_that_outlives_the_main_one_still_publishes(real_redis: RedisServer) -> None:
    script = """
        def work():
            threading.main_thread().join()
            publisher.publish("web:1", "error", error_message="boom")
            print(publisher.flush())

        publisher = StatusPublisher().start()
        threading.Thread(target=work).start()
    """
    assert said_by(whole(script), real_redis.url) == "True"
    (record,) = records(real_redis)
    assert record.left
    assert [session.error for session in record.sessions] == ["boom"]


@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="3.12 starts no threads by then")
def test_a_thread_that_outlives_the_main_one_may_import_the_publisher_then(real_redis: RedisServer) -> None:
    script = """
        import threading
        import redis

        def work():
            threading.main_thread().join()
            from agent_status_publisher import StatusPublisher
            publisher = StatusPublisher().start()
            print(publisher.flush())

        threading.Thread(target=work).start()
    """
    assert said_by(textwrap.dedent(script), real_redis.url) == "True"
    assert [record.left for record in records(real_redis)] == [True]


def test_a_daemon_thread_that_goes_on_calling_at_the_end_leaves_no_worker_behind(real_redis: RedisServer) -> None:
    script = """
        def work(publisher, number):
            while True:
                publisher.publish(f"web:{number}", "streaming")
                if number % 2:
                    publisher.close()
                    publisher.start()

        publishers = [StatusPublisher() for _ in range(4)]
        for number, publisher in enumerate(publishers):
            threading.Thread(target=work, args=(publisher, number), daemon=True).start()
        time.sleep(0.5)
    """
    assert said_by(whole(script), real_redis.url) == ""
    assert all(record.left for record in records(real_redis))


def test_flush_does_not_wait_for_a_worker_whose_thread_cannot_be_started(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer Pythons refuse a thread from the moment when the main one has ended, well before the goodbye."""

    def refuse(_: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    publisher = StatusPublisher(real_redis.url, on_error=lambda _: None)
    monkeypatch.setattr("threading.Thread.start", refuse)
    publisher.publish("web:1", "streaming")
    started_at = time.monotonic()
    assert not publisher.flush()
    assert time.monotonic() - started_at < 1


def test_a_close_in_the_middle_of_a_start_is_an_end_and_raises_nothing(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal handler may call it there."""
    start = Flusher.start

    def interrupted(flusher: Flusher) -> None:
        publisher.close()
        start(flusher)
        flusher._thread.join(10)

    publisher = StatusPublisher(real_redis.url)
    monkeypatch.setattr(Flusher, "start", interrupted)
    publisher.start()
    assert publisher.worker_id is None
    assert [record.left for record in records(real_redis)] == [True]
