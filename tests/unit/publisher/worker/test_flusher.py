"""The thread beside agents' calls. contract/test_publishing.py and faults/test_publisher.py hold what it writes."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from agent_status_publisher.contract.wire import WriteAnswer
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.flusher import Flusher
from agent_status_publisher.worker.outbox import BegunDraft, Draft, Identity, Outbox
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


def test_no_call_of_an_agent_waits_while_a_record_is_made_or_written() -> None:
    lock, wakes = threading.RLock(), queue.SimpleQueue[None]()
    outbox = WatchedOutbox(Identity(id="w1", host="h", pid=1), Settings(), Clock(), lambda: wakes.put(None))
    outbox.lock, outbox.free = lock, []
    outbox.open("web:1", None)
    flusher = Flusher(outbox, lock, wakes, lambda: Taker(outbox), Reporter(None))
    flusher.start()
    assert flusher.wait_until_written(10.0)
    flusher.leave(10.0)
    assert outbox.free == [True] * 4, "a report and a goodbye, each made and written"
