"""A dashboard that reads change events, and folds them as any client of the API would."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from typing_extensions import override

from chaos.clients.folded import Folded
from chaos.clients.sse import Dashboard, Event
from chaos.gateways.gateway_client import STREAM
from chaos.wait import wait_until


@dataclass(frozen=True, slots=True)
class Shown:
    """Each session's state after one event, and when that came (monotonic seconds)."""

    at: float
    id: str
    states: dict[str, str]


class ChangeReader(Dashboard):
    """Reads `?events=changes`, of the whole snapshot or of a view, which is spelled as in a query."""

    def __init__(self, url: str, view: str = "", headers: str = "", *, events: str = "changes", **how: Any) -> None:
        asked = dict(parse_qsl(view)).get("ended")
        self.folded = Folded(None if asked is None else int(asked))
        self.shown: list[Shown] = []
        self.wrong: list[str] = []
        """All that was wrong with its events: each is a defect of the gateway."""
        self._taken = 0
        super().__init__(url, f"{STREAM}?events={events}" + (f"&{view}" if view else ""), headers, **how)

    @property
    def changes(self) -> list[Event]:
        """The change events."""
        return [event for event in self.events if event.name == "change"]

    @property
    def names(self) -> list[str]:
        """The events' names, in their order."""
        return [event.name for event in self.events]

    @property
    @override
    def newest(self) -> dict[str, str] | None:
        self.check()
        return self.shown[-1].states if self.shown else None

    @override
    def wait_for_first(self) -> Event:
        wait_until(lambda: self.newest is not None, "the first event comes")
        return self.events[0]

    def snapshot(self) -> dict[str, Any]:
        """The whole snapshot of now, as far as its events go."""
        return self.folded.snapshot(time.monotonic())

    def check(self) -> None:
        """Hold that each event was one that a client with the events before it can take."""
        assert not self.wrong, self.wrong

    @override
    def close(self) -> None:
        super().close()
        self.check()

    @override
    def _parse(self) -> None:
        super()._parse()
        for event in self.events[self._taken :]:
            self._taken += 1
            if event.name == "feed":
                continue
            try:
                self.folded.take(event.name, event.data, event.id, event.came_at)
            except ValueError as error:
                self.wrong.append(str(error))
            self.shown.append(Shown(event.came_at, self.folded.id, self.folded.states))
