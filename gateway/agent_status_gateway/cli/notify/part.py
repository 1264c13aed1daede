"""A part of the fleet that rules look at: what is known of it, and the news of it.

Rule 1. What refuses the first connection would refuse the next one: a wrong key ends the notifier at once.
Rule 2. A key that was good may have been replaced. So a later refusal is trouble like any other: the key is looked up
        again, and the notifier goes on as soon as it is right.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.view import Known, News, ReceivedSnapshot, Trouble

REFUSED_SECONDS: Final = 5.0
"""Seconds before a new try with the key of then."""


@dataclass(frozen=True, slots=True)
class Refusal(Trouble):
    """Trouble with the key, which does not go away by itself."""


class Part:
    """A part of the fleet. `make_reader` makes its reader, with the key of now.

    Raises:
        ReaderError: The address or the key is not valid.
    """

    def __init__(self, make_reader: Callable[[], Reader], sleep: Callable[[float], None] = time.sleep) -> None:
        self._make_reader = make_reader
        self._sleep = sleep
        self._reader = make_reader()
        self.known = Known()
        self.is_new = False

    @property
    def source(self) -> str:
        """Address that is read, and the view, for the log."""
        return self._reader.source

    @property
    def is_refused(self) -> bool:
        """True while its key is refused, or cannot be looked up."""
        return isinstance(self.known.trouble, Refusal)

    def take(self, news: News) -> None:
        """Take news of it."""
        self.known = self.known.after(news)
        self.is_new = self.is_new or isinstance(news, ReceivedSnapshot)

    def read_news(self) -> Iterator[News]:
        """All news, as it comes, until a refusal that is final."""
        has_begun = False
        while True:
            for news in self._reader.read_news():
                has_begun = has_begun or isinstance(news, ReceivedSnapshot)
                if isinstance(news, Trouble) and news.is_final:
                    refusal = news
                    break
                yield news
            else:
                return
            if not has_begun:
                yield refusal
                return
            yield from self._renew(refusal.reason)

    def _renew(self, reason: str) -> Iterator[News]:
        """Wait, and make a new reader. A key that cannot be looked up is tried again later."""
        while True:
            yield Refusal(reason=reason, retry_at=time.monotonic() + REFUSED_SECONDS)
            self._sleep(REFUSED_SECONDS)
            try:
                self._reader = self._make_reader()
            except ReaderError as error:
                reason = str(error)
            else:
                return
