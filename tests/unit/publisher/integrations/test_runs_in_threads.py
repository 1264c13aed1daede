"""Runs that several threads report, and a process that forks during them."""

import os
import signal
import threading
import warnings

import pytest

from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher
from agent_status_publisher.worker.process_lock import process_lock


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_is_forked_while_another_thread_tells_of_a_run_is_not_stuck() -> None:
    runs = Runs(RecordingPublisher(), "web")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with process_lock():
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is this very danger that newer Pythons warn of
        child = os.fork()
    if child == 0:
        signal.alarm(5)  # death, if it is stuck
        try:
            runs.begin("r", session_id="1")
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    done.set()
    thread.join()
    assert status == 0


def test_from_many_threads_every_session_ends() -> None:
    publisher = RecordingPublisher().start()
    runs = Runs(publisher, "web")

    def agent(number: int) -> None:
        for turn in range(50):
            runs.begin((number, turn), session_id=str(turn % 3))
            runs.end((number, turn))

    threads = [threading.Thread(target=agent, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert publisher.sessions == {}
    assert publisher.errors == []


def test_a_finalizer_that_ends_a_run_in_the_middle_of_a_call_waits_for_nobody_who_waits_for_it() -> None:
    """As when an abandoned stream is collected while its thread is in a session's method."""
    publisher = RecordingPublisher().start()
    runs = Runs(publisher, "web")
    runs.begin("abandoned")
    worker = publisher._newest()
    assert worker is not None
    is_inside, began = threading.Event(), threading.Event()

    def call_with_a_finalizer_in_it() -> None:
        with worker.lock:
            is_inside.set()
            began.wait(0.2)
            runs.end("abandoned")

    def begin() -> None:
        is_inside.wait(10)
        runs.begin("new")
        began.set()

    threads = [threading.Thread(target=part, daemon=True) for part in (call_with_a_finalizer_in_it, begin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert set(publisher.sessions) == {"web:new"}
