"""What is called after the last goodbye, while the interpreter goes away: nothing starts, shows, raises or hangs."""

import sys
import textwrap
from typing import Final

import pytest

from chaos.servers.redis_server import RedisServer
from tests.support.programs.process_end import records, said_by, whole

NEW_CALLS: Final = [
    "publisher.publish('web:1', 'streaming')",
    "publisher.session('web:1')",
    "publisher.session('')",
    "publisher.start()",
    "publisher.__enter__()",
    "Runs(publisher, 'web').begin('run', session_id='1')",
    "StatusPublisher().start()",
]
LIVE_CALLS: Final = [
    *NEW_CALLS,
    "publisher.publish('web:0', 'error', error_message=ValueError('boom'))",
    "session.streaming()",
    "session.__enter__()",
    "session.end()",
    "session.tool('bash').__enter__()",
    "publisher.flush()",
    "publisher.close()",
    "recording.publish('web:1', 'streaming')",
    "runs.end('run')",
]


@pytest.mark.parametrize("call", NEW_CALLS)
def test_a_first_call_in_a_finalizer_at_the_end_does_nothing(real_redis: RedisServer, call: str) -> None:
    script = f"""
        publisher = StatusPublisher()
        last = Last(lambda: {call})
    """
    assert said_by(whole(script), real_redis.url) == "done"
    assert records(real_redis) == []


@pytest.mark.parametrize("call", NEW_CALLS)
def test_a_call_after_the_goodbye_in_a_generators_finally_does_nothing(real_redis: RedisServer, call: str) -> None:
    script = f"""
        publisher = StatusPublisher().start()
        publisher.flush()

        def steps():
            try:
                yield
            finally:
                {call}
                print("done")

        left_half_way = steps()
        next(left_half_way)
    """
    assert said_by(whole(script), real_redis.url) == "done"
    assert [record.left for record in records(real_redis)] == [True]


HOLDER: Final = """
import atexit, threading

after_the_goodbye = threading.Event()

def hold():
    # Daemon threads are ended wherever they are, and unlock nothing: one that ends with the lock is the same.
    after_the_goodbye.wait()
    lock.acquire()

holder = threading.Thread(target=hold, daemon=True)
holder.start()

@atexit.register  # before ours, so it is called after ours
def end():
    after_the_goodbye.set()
    holder.join()
"""


@pytest.mark.parametrize("call", LIVE_CALLS)
def test_no_call_waits_for_a_lock_that_a_thread_held_when_it_was_ended(real_redis: RedisServer, call: str) -> None:
    script = f"""
        publisher = StatusPublisher()
        session = publisher.session("web:0")
        recording = RecordingPublisher()
        runs = Runs(publisher, "web")
        runs.begin("run", session_id="2")
        assert publisher.flush()
        lock = process_lock()
        last = Last(lambda: {call})
    """
    assert said_by(whole(script, HOLDER), real_redis.url) == "done"


@pytest.mark.parametrize(("call", "answer"), [("aclose()", None), ("aflush()", True)])
def test_what_is_awaited_after_the_goodbye_starts_no_thread(real_redis: RedisServer, call: str, answer: object) -> None:
    script = f"""
        publisher = StatusPublisher()
        session = publisher.session("web:1")
        assert publisher.flush()
        builtins.loop = asyncio.new_event_loop()  # it outlives the modules; others are closed before the last call
        builtins.last = Last(lambda loop=loop: print(loop.run_until_complete(publisher.{call})) or loop.close())
    """
    assert said_by(whole(script), real_redis.url).splitlines() == [str(answer), "done"]


def test_an_object_that_outlives_all_modules_publishes_nothing_and_raises_nothing(real_redis: RedisServer) -> None:
    script = """
        publisher = StatusPublisher()
        builtins.last = Last(lambda: publisher.publish("web:1", "error", error_message="boom"))
    """
    assert said_by(whole(script), real_redis.url) == "done"


LATE: Final = """
import atexit

def late():
    publisher.publish("web:1", "streaming")
    started_at = time.monotonic()
    written = publisher.flush()
    print(publisher.worker_id, written, time.monotonic() - started_at < 1)

atexit.register(late)  # before ours, so it is called after ours
"""


def test_a_first_call_in_an_atexit_callback_after_the_goodbye_makes_no_worker(real_redis: RedisServer) -> None:
    script = whole("publisher = StatusPublisher()", LATE)
    assert said_by(script, real_redis.url) == "None False True"
    assert records(real_redis) == []


def test_a_call_in_an_atexit_callback_after_the_goodbye_makes_no_other_worker(real_redis: RedisServer) -> None:
    script = whole("publisher = StatusPublisher().start(); publisher.flush()", LATE)
    assert said_by(script, real_redis.url) == "None True True"
    assert [record.left for record in records(real_redis)] == [True]


def test_flush_after_a_goodbye_that_redis_did_not_take_is_false_at_once(own_redis: RedisServer) -> None:
    own_redis.kill()
    script = whole("publisher = StatusPublisher(on_error=lambda _: None).start()", LATE)
    assert said_by(script, own_redis.url).splitlines()[-1] == "None False True"


def test_a_publisher_that_is_imported_too_late_for_a_goodbye_makes_no_worker(real_redis: RedisServer) -> None:
    script = """
        import atexit, redis

        @atexit.register
        def late():
            from agent_status_publisher import StatusPublisher
            publisher = StatusPublisher().start()
            publisher.publish("web:1", "streaming")
            print(publisher.worker_id)
    """
    assert said_by(textwrap.dedent(script), real_redis.url) == "None"
    assert records(real_redis) == []


@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="3.12 forks no more by then")
def test_a_child_that_is_forked_after_the_goodbye_makes_no_worker(real_redis: RedisServer) -> None:
    fork = """
        import atexit

        @atexit.register
        def late():
            if child := os.fork():
                os.waitpid(child, 0)
                return
            publisher.publish("web:1", "streaming")
            print(publisher.worker_id)
    """
    script = whole("publisher = StatusPublisher()", fork)
    assert said_by(script, real_redis.url) == "None"
    assert records(real_redis) == []


def test_no_ignored_call_is_reported_after_the_goodbye_since_logging_has_locks_too(real_redis: RedisServer) -> None:
    script = """
        import logging
        logging.basicConfig()
        lock = logging.getLogger().handlers[0]
        atexit.unregister(logging.shutdown)  # which would wait for it, too
        publisher = StatusPublisher(on_error=print)
        last = Last(lambda: publisher.publish("web:1", "sleeping"))
    """
    assert said_by(whole(script, HOLDER), real_redis.url) == "done"
