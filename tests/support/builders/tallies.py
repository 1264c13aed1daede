"""Tallies of rows, for tests of what is made of them."""

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.row import Row, Source, shown_of
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.tally import Tally, tally
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import record, report

MOST = 50


def rows_of(*sessions: SessionRecord) -> FoldedRows:
    """The rows of one worker, whose report came at the moment 0."""
    source = Source(KnownWorker(report(1, record("w1", *sessions)).decode(), 0.0, 0.0))
    rows = FoldedRows()
    for one in sessions:
        rows.show(one.key, shown_of(one, source.known), source)
    return rows


def tally_of(*sessions: SessionRecord, most: int = MOST) -> Tally:
    return at_once(tally(rows_of(*sessions), most))


def keys_of(rows: list[Row]) -> list[str]:
    return [row.key for row in rows]
