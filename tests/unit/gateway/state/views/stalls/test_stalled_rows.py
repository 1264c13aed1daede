"""Rows that say whether they are stalled: when they are, what it costs, and that it is news."""

from typing import Any, Final

import orjson
import pytest

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.row import Row, Source, shown_of
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.views.stalls.stalled_rows import StalledRows
from agent_status_gateway.state.views.view import WHOLE
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report, session

ASKS: Final = WHOLE.with_stalled(60)
AGE_SECONDS: Final = 1_000


class Rows:
    """All rows, and those of a view that asks which are stalled after a minute. The first report came at 1,000."""

    def __init__(self, *states: str) -> None:
        self.states = states or ("thinking",)
        self.whole = FoldedRows()
        self.whole.shown_at = AGE_SECONDS
        self.rows = StalledRows(ASKS, self.whole)
        self.source = Source(self.known(called_at=AGE_SECONDS))
        for place in range(len(self.states)):
            self.rows.put(self.row(f"web:{place}"))

    def known(self, *, called_at: float) -> KnownWorker:
        """The worker, whose agents began at 0 and called last at this moment."""
        called_ms = round(1000 * called_at)
        held = [
            session(f"web:{place}", state, changed_ms=1000 * AGE_SECONDS, called_ms=called_ms)
            for place, state in enumerate(self.states)
        ]
        return KnownWorker(report(1, record("w1", *held)).decode(), AGE_SECONDS, AGE_SECONDS)

    def row(self, key: str) -> Row:
        known = self.source.known
        held = known.session(key)
        assert held is not None
        return Row(key, shown_of(held, known), self.source)

    def call(self, at: float) -> None:
        """Have the agents call, which their rows see in the report."""
        self.source.known = self.known(called_at=at)

    def pass_to(self, moment: float) -> list[str]:
        """Let time pass; return the rows that have stalled."""
        self.whole.shown_at = moment
        taken = []
        while self.rows.next_deadline <= moment:
            taken.append(self.rows.take_stalled())
        return [key for key in taken if key is not None]

    def said(self, key: str = "web:0") -> Any:
        return orjson.loads(self.rows.form(self.rows.by_key[key], self.whole.shown_at))["stalled"]


# stalled_rows: Rule 1
@pytest.mark.parametrize("state", SessionState)
def test_a_row_is_stalled_once_its_agent_works_and_has_not_called_for_so_long(state: SessionState) -> None:
    rows = Rows(state)
    works = state in {"thinking", "tool_running", "streaming"}
    assert rows.said() is False
    assert rows.pass_to(1_059.9) == []
    assert rows.said() is False
    assert rows.pass_to(1_060.0) == (["web:0"] if works else [])
    assert rows.said() is works


# stalled_rows: Rule 1
def test_a_row_that_has_not_called_for_so_long_is_stalled_from_the_first_on() -> None:
    rows = Rows()
    rows.whole.shown_at = 2_000.0
    rows.rows.put(rows.row("web:0"))
    assert rows.said() is True
    assert rows.rows.next_deadline == float("inf")


# stalled_rows: Rule 1
def test_a_call_ends_a_stall_and_the_next_one_comes_as_long_after_it() -> None:
    rows = Rows()
    rows.pass_to(1_100.0)
    rows.call(1_090.0)
    assert rows.rows.look_at(rows.rows.by_key["web:0"]) is True
    assert rows.said() is False
    assert rows.rows.look_at(rows.rows.by_key["web:0"]) is False, "it is said once"
    assert rows.pass_to(1_149.0) == []
    assert rows.pass_to(1_150.0) == ["web:0"]


# stalled_rows: Rule 2
def test_a_call_that_nobody_told_of_is_looked_up_when_the_deadline_comes() -> None:
    rows = Rows()
    rows.call(1_030.0)
    assert rows.rows.next_deadline == 1_060.0
    assert rows.pass_to(1_070.0) == []
    assert rows.rows.next_deadline == 1_090.0
    assert rows.pass_to(1_090.0) == ["web:0"]


# stalled_rows: Rule 2
def test_only_rows_that_work_and_are_not_stalled_have_a_deadline() -> None:
    rows = Rows("thinking", "waiting_for_user", "streaming", "error")
    assert len(rows.rows._deadlines) == 2
    rows.pass_to(1_060.0)
    assert len(rows.rows._deadlines) == 0
    rows.call(1_050.0)
    for key in ("web:0", "web:2"):
        rows.rows.look_at(rows.rows.by_key[key])
    assert len(rows.rows._deadlines) == 2
    for place in range(4):
        assert rows.rows.remove(f"web:{place}")
    assert len(rows.rows._deadlines) == 0
    assert not rows.rows.remove("web:0")


# stalled_rows: Rule 3
def test_the_id_follows_from_which_rows_are_stalled_and_not_from_how_it_came_to_that() -> None:
    rows, others, called = (
        Rows("thinking", "tool_running"),
        Rows("thinking", "tool_running"),
        Rows("thinking", "tool_running"),
    )
    fresh = rows.rows.id
    rows.pass_to(1_060.0)
    assert rows.rows.id != fresh
    others.whole.shown_at = 1_500.0
    for key in ("web:1", "web:0"):
        others.rows.put(others.row(key))
    assert others.rows.id == rows.rows.id
    rows.call(1_050.0)
    rows.rows.look_at(rows.rows.by_key["web:0"])
    assert rows.rows.id not in {fresh, others.rows.id}
    rows.rows.look_at(rows.rows.by_key["web:1"])
    assert rows.rows.id == fresh
    rows.pass_to(1_200.0)
    for key in ("web:0", "web:1"):
        rows.rows.remove(key)
        called.rows.remove(key)
    assert rows.rows.id == called.rows.id


# stalled_rows: Rule 4
def test_a_report_that_comes_a_little_late_ends_no_stall_by_itself() -> None:
    rows = Rows()
    rows.pass_to(1_060.0)
    rows.call(1_000.5)
    assert rows.said() is True
    assert rows.pass_to(1_060.1) == []
    assert rows.said() is True


def test_a_row_says_it_last_after_the_fields_that_were_asked_for() -> None:
    rows = Rows()
    asks = StalledRows(WHOLE.with_fields(("labels", "quiet_seconds")).with_stalled(60), rows.whole)
    row = rows.row("web:0")
    asks.put(row)
    text = asks.form(row, 1_003.0)
    assert text.startswith(row.json(1_003.0)[:-1])
    assert text.endswith(b',"labels":{},"quiet_seconds":3.0,"stalled":false}')
