"""A replica's middle, from reports to streams, without Redis and HTTP, for tests of views and changes."""

from typing import Any

from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.fanout.hub import Hub
from agent_status_gateway.fanout.places import Limits
from agent_status_gateway.pipeline.sending import Sending
from agent_status_gateway.pipeline.settling import Settling
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_gateway.telemetry.metrics import Metrics
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import reading, record, report
from tests.support.builders.clock import Clock
from tests.support.builders.lines import Listener


def channel(*names: str) -> View:
    return View(channel=frozenset(names))


def only(*keys: str) -> View:
    return View(session=frozenset(keys))


class Middle:
    """Settling, sending and hub on one clock."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = Clock()
        self.fleet = Fleet()
        self.audiences = Audiences(1.0, self.clock)
        self.hub = Hub(limits or Limits(clients=100), self.audiences)
        self.wanted_readings = 0
        self.settling = Settling(self.fleet, self.audiences, Metrics(), self.clock, self._want_reading)
        self.sending = Sending(
            self.settling, self.audiences, self.hub, self.fleet, Metrics(), self.clock, self._want_reading
        )
        self.seq = 0
        at_once(self.settling.read(reading(at=0.0), 0.0, 0.0))

    def _want_reading(self) -> None:
        self.wanted_readings += 1

    def put(self, *sessions: SessionRecord, worker_id: str = "w1", **fields: Any) -> None:
        """Let a worker's report come. Nobody looks at it yet."""
        self.seq += 1
        at = self.clock()
        self.settling.inbox.put(report(self.seq, record(worker_id, *sessions, **fields), at=at), at)

    def show(self, *sessions: SessionRecord, worker_id: str = "w1") -> None:
        """Let a worker's report come, and look at it."""
        self.put(*sessions, worker_id=worker_id)
        self.look()

    def look(self) -> None:
        at_once(self.settling.settle())

    def join(self, view: View = WHOLE, *, wants_changes: bool = False) -> Listener:
        self.audiences.of(view)
        frame = self.settling.frame_at_once(view, wants_changes=wants_changes)
        return Listener(self.hub, frame, view=view, wants_changes=wants_changes)

    def shown(self, view: View) -> list[str]:
        audience = self.audiences.get(view)
        assert audience is not None
        return [row.key for row in audience.rows]
