"""The workers of one publisher, one after the other: after each close, and in each forked child, there is a new one."""

from collections.abc import Callable

from agent_status_publisher.worker.process_lock import is_over
from agent_status_publisher.worker.worker import Worker


class Starts:
    """The newest worker of a publisher, made at the first call that needs one.

    It holds nothing of the publisher, so that a publisher that is dropped goes at once.
    """

    def __init__(self) -> None:
        # Workers by the number of their start. A dict, since setdefault is one step: a signal handler that publishes
        # while the first call makes a worker must not make another one.
        self._workers: dict[int, Worker] = {}
        self._number = 0
        self.is_closed = False

    @property
    def newest(self) -> Worker | None:
        """The worker that was made last. It may be gone."""
        return self._workers.get(self._number)

    def current(self, make: Callable[[], Worker], on_start: Callable[[], None]) -> Worker:
        """Return the worker that calls go to. There is a new one if the newest is gone, unless the publisher is closed.

        Args:
            make: A function that makes a worker, which is not started yet.
            on_start: A function that is called after a worker was started.
        """
        # The number is read first. A signal handler may make a worker between the two, and then it is the next one.
        number = self._number + 1
        worker = self._workers.get(number - 1)
        if worker is not None and (not worker.gone or self.is_closed or is_over()):
            return worker
        made = make()
        worker = self._workers.setdefault(number, made)
        if worker is made:
            made.gone = self.is_closed
            self._number = number
            self._workers.pop(number - 1, None)
            if not self.is_closed:
                made.start()
                on_start()
        return worker
