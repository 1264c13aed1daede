"""The thread beside agents' calls. contract/test_publishing.py and faults/test_publisher.py hold what it writes."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agent_status_publisher.contract.wire import WriteAnswer
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.flusher import LONG_REPORT_RUNS, PAUSE_SECONDS, Flusher
from agent_status_publisher.worker.sessions.outbox import BegunDraft, Draft, Identity, Outbox
from tests.support.builders.clock import Clock


class WatchedOutbox(Outbox):
    """An outbox that notes whether an agent could call while a record is made and while it is written."""

    lock: threading.RLock
    free: list[bool]

    def finish_draft(self, begun: BegunDraft) -> Draft:
        self.note()
        return super().finish_draft(begun)

    def note(self) -> None:
        with ThreadPoolExecutor(1) as agent:
            self.free.append(agent.submit(self._call).result())

    def _call(self) -> bool:
        is_free = self.lock.acquire(blocking=False)
        if is_free:
            self.lock.release()
        return is_free


class Taker:
    """A writer whose Redis takes each report."""

    sharded = False

    def __init__(self, outbox: WatchedOutbox) -> None:
        self._outbox = outbox

    def write(self, _: Sequence[str], __: Sequence[Any]) -> Sequence[Any]:
        self._outbox.note()
        return [int(WriteAnswer.TAKEN), 1, b"", b"memory"]

    def close(self) -> None:
        pass


def written(sessions: int) -> WatchedOutbox:
    """An outbox after its thread has written one report with so many sessions, and a goodbye with none."""
    lock, wakes = threading.RLock(), queue.SimpleQueue[None]()
    outbox = WatchedOutbox(Identity(id="w1", host="h", pid=1), Settings(), Clock(), lambda: wakes.put(None))
    outbox.lock, outbox.free = lock, []
    for number in range(sessions):
        outbox.open(f"web:{number}", None)
    flusher = Flusher(outbox, lock, wakes, lambda: Taker(outbox), Reporter(None))
    flusher.start()
    assert flusher.wait_until_written(10.0)
    flusher.leave(10.0)
    return outbox


def test_no_call_of_an_agent_waits_while_a_record_is_made_or_written() -> None:
    assert written(1).free == [True] * 4, "a report and a goodbye, each made and written"


@pytest.mark.parametrize(("sessions", "pauses"), [(LONG_REPORT_RUNS, 0), (LONG_REPORT_RUNS + 1, 3)])
def test_only_a_long_report_pauses_between_its_steps(
    sessions: int, pauses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("agent_status_publisher.worker.flusher.time.sleep", slept.append)
    assert all(written(sessions).free)
    assert slept == [PAUSE_SECONDS] * pauses
