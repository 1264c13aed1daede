"""Events at a steady pace from a thread, while something else is measured."""

from typing import Self

from agent_status_publisher import Session, StatusPublisher
from bench.clients import stamp
from chaos.clients.watcher import SteadyWatcher


class Ticker(SteadyWatcher):
    """Says a stamped tool of one session every `seconds`, for as long as the block runs."""

    def __init__(self, publisher: StatusPublisher, session: Session, seconds: float) -> None:
        super().__init__("ticker", seconds)
        self._publisher = publisher
        self._session = session
        self.newest_ns = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def _turn(self) -> None:
        self.newest_ns = publish_stamp(self._publisher, self._session)


def publish_stamp(publisher: StatusPublisher, session: Session) -> int:
    """One event with this moment's stamp, when Redis has it."""
    at_ns = stamp()
    session.tool_running(f"t@{at_ns}@")
    publisher.flush()
    return at_ns
