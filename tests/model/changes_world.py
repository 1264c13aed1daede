"""Replicas that read the same reports, on a clock and an event loop that stand still, and viewers that block at random.

What a viewer has folded must be its view's part of the truth that its replica knows, with each event that is written to
it, whichever replica it has read before.
"""

from dataclasses import replace
from typing import Any, Final

from agent_status_gateway.fanout.events.frames import Event
from agent_status_gateway.feed.news import FullRead, Live, Lost, ReportHeard
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.wire import RawReport, SessionRecord, WorkerRecord
from chaos.workers.reports import reading, report
from tests.model.fold_history import cancelled, older, older_end, still_counting
from tests.model.stepped_replica import SteppedLoop, SteppedReplica, noting_events
from tests.model.viewer import Viewer
from tests.support.builders.clock import Clock
from tests.support.whole_snapshot import Truth

BEAT_SECONDS: Final = 0.05
"""Time that a world lets pass when something is left to do."""
MOST_TURNS: Final = 3_000
"""Turns of the loop after which it should have come to rest."""


class ChangesWorld:
    """Reports, readings, outages, time and viewers for some replicas."""

    def __init__(self, replicas: int = 1) -> None:
        self.clock = Clock()
        self.loop = SteppedLoop(self.clock)
        self.viewers: list[Viewer] = []
        self.stored: dict[str, RawReport] = {}
        self._numbers: dict[str, int] = {}
        self._made: dict[Event, tuple[float, Truth]] = {}
        self._patches = noting_events()
        self.replicas = [SteppedReplica(self.loop, self.clock, self._made) for _ in range(replicas)]
        self.first = self.replicas[0]
        self._of: dict[Viewer, SteppedReplica] = {}  # the replica that each viewer reads
        self.rest()

    def close(self) -> None:
        """End everything."""
        self._patches.close()
        for one in self.replicas:
            one.close()
        self.loop.turn()
        self.loop.close()

    # What comes

    def write(self, record: WorkerRecord) -> RawReport:
        """Have a worker write its next report."""
        seq = self._numbers[record.id] = self._numbers.get(record.id, 0) + 1
        raw = self.stored[record.id] = report(seq, record, at=self.clock())
        return raw

    def write_again(self, worker_id: str, *others: SessionRecord, ends: str | None = None) -> RawReport:
        """Have a worker report what it reported last, older by now, but for a few sessions and the key that it ends."""
        worker, age_ms = self.stored[worker_id].decode().record, self.age_ms(worker_id)
        held = {known.key: older(known, age_ms) for known in worker.sessions} | {other.key: other for other in others}
        ended = {run.key: older_end(run, age_ms) for run in worker.ended}
        if ends in held:
            ended[ends] = cancelled(held.pop(ends))
        return self.write(
            replace(
                worker,
                left=False,
                uptime_ms=worker.uptime_ms + age_ms,
                sessions=tuple(held.values()),
                ended=tuple(ended.values()),
            )
        )

    def age_ms(self, worker_id: str) -> int:
        """How old a worker's last report is."""
        return round(1000 * self.clock()) + reading().time_ms - self.stored[worker_id].at_ms

    def hear(self, raw: RawReport) -> None:
        """Have a report come on the channel, but to replicas whose feed is lost."""
        for one in self.replicas:
            if not one.is_away:
                one.take(ReportHeard(raw, self.clock()))

    def read(self) -> None:
        """Have a reading come to each replica."""
        for one in self.replicas:
            one.feed.is_wanted = False
            if not one.is_away:
                one.take(FullRead(self._reading(), self.clock()))

    def lose_the_feed(self, which: int = 0) -> None:
        """Begin an outage of one replica."""
        self.replicas[which].is_away = True
        self.replicas[which].take(Lost("a test", self.clock(), "test"))

    def find_the_feed(self, which: int = 0) -> None:
        """End an outage of one replica."""
        self.replicas[which].is_away = False
        self.replicas[which].take(Live(self._reading(), self.clock()))

    def _reading(self) -> Any:
        return reading(*still_counting(self.stored.values(), self.clock()), at=self.clock())

    # Viewers

    def join(self, view: View, *, wants_changes: bool, wants_feed: bool = False, which: int = 0) -> Viewer:
        """Have somebody open a stream of one replica."""
        viewer = Viewer(view, self._made, wants_changes=wants_changes)
        self._open(viewer, self.replicas[which], wants_feed=wants_feed)
        return viewer

    def reconnect(self, viewer: Viewer, which: int) -> None:
        """Have somebody lose a stream, and open one of this replica, with all that it has folded."""
        self.leave(viewer)
        self._open(viewer.connected_again(), self.replicas[which])

    def leave(self, viewer: Viewer) -> None:
        """Have somebody close a stream."""
        self.viewers.remove(viewer)
        del self._of[viewer]
        viewer.is_blocked = True
        viewer.client.closed()

    def ask(self, view: View, which: int = 0) -> None:
        """Have somebody ask one replica for a view once. The answer must be true when it comes."""
        self.replicas[which].ask(view)

    def _open(self, viewer: Viewer, of: SteppedReplica, *, wants_feed: bool = False) -> None:
        of.join(viewer, wants_feed=wants_feed)
        self._of[viewer] = of
        self.viewers.append(viewer)

    # Time

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.pass_(seconds)

    def turn(self, times: int = 1) -> None:
        """Let the loop run for a few turns."""
        for _ in range(times):
            self.loop.turn()
        for one in self.replicas:
            one.check_tasks()
        for viewer in self.viewers:
            if viewer.faults:
                raise AssertionError("; ".join(viewer.faults))

    def rest(self) -> None:
        """Let the loop run until it waits for time or for news."""
        for _ in range(MOST_TURNS):
            self.turn()
            if self.loop.is_at_rest:
                return
        raise AssertionError("the loop does not come to rest")

    def settle(self) -> None:
        """Let everybody read, and everything be sent. Then each viewer has what its view shows."""
        for _ in range(200):
            for viewer in self.viewers:
                viewer.unblock()
            if any(one.feed.is_wanted for one in self.replicas):
                self.read()
            self.rest()
            is_blocked = any(viewer.is_blocked for viewer in self.viewers)
            if all(one.is_settled for one in self.replicas) and not is_blocked:
                break
            self.pass_(BEAT_SECONDS)
        else:
            raise AssertionError("something stays due")
        true = {one: one.truth(self.clock()) for one in self.replicas}
        for viewer, of in self._of.items():
            of.check_viewer(viewer, true[of])

    def check_that_nothing_is_left(self) -> None:
        """Have all viewers leave. Nothing that was kept for them is kept."""
        for viewer in [*self.viewers]:
            self.leave(viewer)
        self.rest()
        for one in self.replicas:
            one.check_that_nothing_is_left()
