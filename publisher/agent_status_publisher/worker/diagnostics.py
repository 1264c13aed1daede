"""Report errors by one log line and one call of `on_error`, without disturbing the agent.

Do not call a reporter while a lock of ours is held, since a logging handler or an `on_error` may use the publisher.
"""

import logging
from collections.abc import Callable
from typing import Final

from agent_status_publisher.errors import PublisherError
from agent_status_publisher.worker.process_lock import is_over

logger = logging.getLogger("agent_status_publisher")

OnError = Callable[[PublisherError], object]

MAX_REMEMBERED: Final = 200


class Reporter:
    """The reporter of this publisher's errors. It reports each message once, so a loop of wrong calls logs one line."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error
        self._reported: dict[str, object] = {}

    def once(self, error: PublisherError) -> None:
        """Report an error, unless its message was reported before. At the end of the process nothing is reported.

        Logging has locks, too, and a thread that has ended may hold them.
        """
        if is_over():
            return
        mine = object()  # setdefault is one step, so that two threads do not both report it
        if len(self._reported) < MAX_REMEMBERED and self._reported.setdefault(str(error), mine) is mine:
            self.always(error)

    def always(self, error: PublisherError) -> None:
        """Report an error."""
        try:
            logger.warning("%s", error)
        except Exception:  # noqa: BLE001 - the agent's own logging filter may raise
            return
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except (Exception, SystemExit):
            logger.exception("on_error raised; this error is the agent's own and was ignored")
