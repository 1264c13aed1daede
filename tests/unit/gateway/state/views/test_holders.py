"""The workers that hold the rows of a scope, kept up with its rows."""

from agent_status_gateway.state.fold.row import Row, Source, shown_of
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.holders import STEP_ROWS, Holders
from chaos.workers.reports import record, report, session


def source(worker_id: str, *keys: str) -> Source:
    return Source(KnownWorker(report(1, record(worker_id, *(session(key) for key in keys))).decode(), 0.0, 0.0))


def row_of(source: Source, key: str) -> Row:
    held = source.known.session(key)
    assert held is not None
    return Row(key, shown_of(held, source.known), source)


def test_a_worker_is_counted_once_until_it_holds_no_row() -> None:
    one, two = source("w1", "web:1", "web:2"), source("w2", "web:3")
    holders = Holders()
    for key in ("web:1", "web:2"):
        holders.put(key, row_of(one, key))
    holders.put("web:3", row_of(two, "web:3"))
    assert list(holders) == [one, two]
    holders.put("web:1", None)
    assert list(holders) == [one, two]
    holders.put("web:2", None)
    holders.put("web:2", None)
    assert list(holders) == [two]


def test_a_row_that_moves_is_counted_for_its_new_worker_though_the_row_is_the_same() -> None:
    one, two = source("w1", "web:1"), source("w2", "web:1")
    holders, row = Holders(), row_of(one, "web:1")
    holders.put("web:1", row)
    row.source = two
    assert list(holders) == [one]
    holders.put("web:1", row)
    assert list(holders) == [two]


def test_filling_begins_again_in_steps() -> None:
    rows, holders = Rows(), Holders()
    one = source("w1", "web:1")
    row = row_of(one, "web:1")
    for number in range(2 * STEP_ROWS):
        rows.put(Row(f"web:{number}", row.shown, one))
    holders.put("ci:1", row_of(source("w2", "ci:1"), "ci:1"))
    assert len(list(holders.fill(rows))) == 2
    assert list(holders) == [one]
    at_once(holders.fill(Rows()))
    assert list(holders) == []
