"""Events at a steady pace from a thread, while something else is measured."""

import threading
from types import TracebackType
from typing import Self

from agent_status_publisher import Session, StatusPublisher
from bench.clients import stamp


class Ticker:
    """Says a stamped tool of one session every `seconds`, for as long as the block runs."""

    def __init__(self, publisher: StatusPublisher, session: Session, seconds: float) -> None:
        self._publisher = publisher
        self._session = session
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker")
        self.newest_ns = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self.newest_ns = tell(self._publisher, self._session)


def tell(publisher: StatusPublisher, session: Session) -> int:
    """One event with this moment's stamp, when Redis has it."""
    at_ns = stamp()
    session.tool_running(f"t@{at_ns}@")
    publisher.flush()
    return at_ns
