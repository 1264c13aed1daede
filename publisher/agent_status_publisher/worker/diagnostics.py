"""Report to a person what went wrong, without ever disturbing the agent: one log line and one call of `on_error`.

Never called with a lock of ours held: a logging handler or an `on_error` may well use the publisher itself.
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
    """Reports each error once: a bad call in a loop is one line, not a flood."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error
        self._reported: set[str] = set()

    def once(self, error: PublisherError) -> None:
        """Report an error unless the very same was reported before, or the process is over: logging has locks, too."""
        if is_over():
            return
        text = str(error)
        if text not in self._reported and len(self._reported) < MAX_REMEMBERED:
            self._reported.add(text)
            self.always(error)

    def always(self, error: PublisherError) -> None:
        """Report an error."""
        try:
            logger.warning("%s", error)
        except Exception:  # noqa: BLE001 - a filter of the agent's that raises
            return
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except (Exception, SystemExit):
            logger.exception("on_error raised; this error is the agent's own and was ignored")
