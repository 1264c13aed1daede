"""The rows of now: what the debounce sees of them, and what a look that fails leaves behind."""

import pytest

from agent_status_gateway.fanout.audiences import Audiences
from agent_status_gateway.pipeline.current_rows import CurrentRows
from agent_status_gateway.state.fleet import Fleet
from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import View
from chaos.workers.reports import record, report, session
from tests.support.builders.clock import Clock
from tests.support.builders.fleets import ERROR_TTL, LEASE, fleet_with, lost_at

WEB = View(channel=frozenset({"web"}))


class Current:
    """The rows of now with all that they need."""

    def __init__(self, fleet: Fleet | None = None) -> None:
        self.clock = Clock()
        self.fleet = fleet_with(at=self.clock()) if fleet is None else fleet
        self.audiences = Audiences(1.0, self.clock)
        self.rows = CurrentRows(self.fleet, self.audiences, self.clock)

    @property
    def debounce_is_open(self) -> bool:
        return self.audiences.plain.debounce.is_open

    def hear(self, *keys: str, worker_id: str = "w1", seq: int = 1) -> None:
        self.fleet.hear(report(seq, record(worker_id, *map(session, keys))), self.clock())

    def look(self) -> None:
        at_once(self.rows.look())

    def shown(self) -> list[str]:
        return [row.key for row in self.rows.rows]


def test_a_change_that_a_look_finds_opens_the_debounces_window() -> None:
    current = Current()
    current.look()
    assert not current.debounce_is_open
    current.hear("web:1")
    current.look()
    assert current.debounce_is_open


def test_a_frame_of_older_rows_serves_only_while_a_window_is_open() -> None:
    """Nobody would send the newer rows to a client that gets the older ones when all is quiet."""
    current = Current()
    current.look()
    plain = current.audiences.plain
    frame = at_once(plain.renew(current.rows.global_status, current.clock()))
    current.hear("web:1")
    current.look()
    assert plain.serving(wants_changes=False) is frame
    plain.debounce.sent(plain.rows.id)
    assert plain.serving(wants_changes=False) is None


def test_the_next_deadline_is_the_first_lease_or_expiry_to_come() -> None:
    current = Current()
    start = current.clock()
    failed = session("a:1", "error", error="x", expires_ms=12_000)
    current.fleet.hear(report(1, record("w1", failed, session("a:2"))), start)
    current.look()
    assert current.rows.next_deadline(start) == start + 12.0
    assert current.rows.next_deadline(start + 12.0) == start + 15.0
    current.fleet.outage_began(start + 1.0)
    assert current.rows.next_deadline(start + 1.0) == float("inf")


def test_the_next_deadline_may_be_that_of_a_view_that_asks_which_sessions_have_stalled() -> None:
    current = Current()
    start = current.clock()
    failed = session("a:1", "error", error="x", expires_ms=12_000)
    current.fleet.hear(report(1, record("w1", failed, session("a:2"))), start)
    current.look()
    at_once(current.rows.fill(current.audiences.of(View(stalled=60))))
    moments = [current.rows.next_deadline(start + seconds) for seconds in (0.0, 12.0, 20.0, 60.0)]
    assert moments == [start + 12.0, start + 15.0, start + 60.0, float("inf")]


def test_a_defect_in_the_fold_leaves_no_row_wrong_after_it_has_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    current = Current()
    for number in range(3):
        current.hear(f"a:{number}", worker_id=f"w{number}")

    def fails(_self: FoldedRows, _key: str, *_rest: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(FoldedRows, "show", fails)
        with pytest.raises(RuntimeError):
            current.look()
    current.rows.begin_again()
    current.look()
    assert current.shown() == ["a:0", "a:1", "a:2"]
    assert current.audiences.plain.rows is current.rows.rows


def test_the_views_have_no_rows_after_the_fold_has_begun_again_until_they_are_filled() -> None:
    current = Current()
    audience = current.audiences.of(WEB)
    current.hear("web:1", "ci:1")
    current.look()
    at_once(current.rows.fill(audience))
    current.rows.begin_again()
    assert not audience.is_filled
    current.look()
    at_once(current.rows.fill(audience))
    assert [row.key for row in audience.rows] == ["web:1"]


def test_an_audience_that_has_its_rows_is_not_filled_again() -> None:
    current = Current()
    audience = current.audiences.of(WEB)
    current.look()
    at_once(current.rows.fill(audience))
    rows = audience.rows
    at_once(current.rows.fill(audience))
    assert audience.rows is rows


def test_a_look_that_was_given_up_half_way_leaves_nothing_settled() -> None:
    current = Current()
    current.look()
    assert current.rows.is_settled(current.clock())
    for number in range(3):
        current.hear(f"a:{number}", worker_id=f"w{number}")
    look = current.rows.look()
    next(look)
    look.close()
    assert not current.rows.is_settled(current.clock())
    assert not current.rows.can_fill_at_once(WEB)
    current.look()
    assert current.rows.is_settled(current.clock())
    assert current.shown() == ["a:0", "a:1", "a:2"]


def test_what_was_folded_without_a_look_is_not_settled() -> None:
    current = Current()
    current.look()
    current.hear("web:1")
    at_once(current.rows.fold())
    assert not current.rows.is_settled(current.clock())
    assert not current.debounce_is_open
    current.look()
    assert current.debounce_is_open


def test_nothing_is_settled_when_the_fold_begins_again_or_a_deadline_has_come() -> None:
    current = Current()
    current.hear("web:1")
    current.look()
    assert not current.rows.is_settled(current.rows.next_deadline(current.clock()))
    current.rows.begin_again()
    assert not current.rows.is_settled(current.clock())


def test_a_report_that_changes_nothing_needs_no_look_and_counts_as_one() -> None:
    current = Current()
    current.hear("web:1", seq=1)
    current.look()
    current.clock.pass_(1)
    current.hear("web:1", seq=2)
    at_once(current.rows.fold())
    assert current.rows.can_skip_look()
    assert current.rows.looked_at == current.clock()
    looked_at = current.clock()
    current.clock.pass_(1)
    current.hear("web:1", "web:2", seq=3)
    at_once(current.rows.fold())
    assert not current.rows.can_skip_look()
    assert current.rows.looked_at == looked_at


def test_a_report_that_changes_nothing_does_not_settle_what_nobody_has_looked_at() -> None:
    current = Current()
    current.hear("web:1", seq=1)
    at_once(current.rows.fold())
    current.hear("web:1", seq=2)
    at_once(current.rows.fold())
    assert not current.rows.can_skip_look()


def test_a_look_is_not_skipped_once_a_deadline_has_come() -> None:
    current = Current()
    current.hear("web:1")
    current.look()
    current.clock.pass_(current.rows.next_deadline(current.clock()))
    assert not current.rows.can_skip_look()


def test_workers_that_are_gone_at_once_are_forgotten_one_a_step_and_a_look_that_is_given_up_leaves_the_others() -> None:
    stored = [report(1, record(f"w{number}", session(f"web:{number}"))) for number in range(3)]
    current = Current(fleet_with(*stored))
    current.look()
    current.clock.pass_(LEASE)
    lost_at(current.fleet, LEASE, *stored)
    current.look()
    assert current.shown() == ["web:0", "web:1", "web:2"], "all are lost"
    current.clock.pass_(ERROR_TTL)
    steps = current.rows.look()
    next(steps)
    steps.close()
    assert len(current.fleet.workers) == 2
    current.look()
    assert current.shown() == []
    assert not current.fleet.workers
