"""The workers of one publisher, one after the other."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.starts import Starts
from agent_status_publisher.worker.worker import Worker


class Office:
    """The starts of a publisher, and the workers that it has made and started."""

    def __init__(self) -> None:
        self.starts = Starts()
        self.made: list[Worker] = []
        self.started = 0

    def current(self) -> Worker:
        return self.starts.current(self._make, self._note_start)

    def _make(self) -> Worker:
        self.made.append(Worker(Settings(), Reporter(None), None, time.monotonic))
        return self.made[-1]

    def _note_start(self) -> None:
        self.started += 1


@pytest.fixture
def office() -> Office:
    return Office()


def test_the_first_call_makes_a_worker_and_later_ones_find_it(office: Office) -> None:
    assert not office.made
    first = office.current()
    assert office.current() is first
    assert office.starts.newest is first
    assert (office.made, office.started) == ([first], 1)


def test_a_worker_that_is_gone_is_followed_by_another_one(office: Office) -> None:
    first = office.current()
    first.gone = True
    assert office.starts.newest is first
    second = office.current()
    assert second is not first
    assert (second.gone, office.starts.newest, office.started) == (False, second, 2)


def test_after_a_close_calls_go_to_a_worker_that_is_gone(office: Office) -> None:
    first = office.current()
    office.starts.is_closed = first.gone = True
    assert office.current() is first
    never_started = Office()
    never_started.starts.is_closed = True
    assert never_started.current().gone
    assert never_started.started == 0


class Interrupted(dict[int, Worker]):
    """Workers, and a signal handler that runs once, just after somebody has looked at them or before one is added."""

    def __init__(self, where: str, handler: Callable[[], object]) -> None:
        super().__init__()
        self._handlers = {where: handler}

    def _interrupt(self, where: str) -> None:
        if handler := self._handlers.pop(where, None):
            handler()

    def get(self, number: int, default: Any = None) -> Any:
        found = super().get(number, default)
        self._interrupt("get")
        return found

    def setdefault(self, number: int, default: Any = None) -> Any:
        self._interrupt("setdefault")
        return super().setdefault(number, default)


@pytest.mark.parametrize("where", ["get", "setdefault"])
def test_a_signal_handler_in_the_first_call_makes_the_only_worker(office: Office, where: str) -> None:
    handled: list[Worker] = []
    office.starts._workers = Interrupted(where, lambda: handled.append(office.current()))
    assert office.current() is office.starts.newest is handled[0]
    assert office.started == 1
