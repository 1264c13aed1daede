"""Ends of sessions, for tests of what is told of them."""

from typing import Any

import orjson

from agent_status_gateway.state.ends.index import EndsIndex
from agent_status_gateway.state.ends.said import SaidEnds, said_by
from agent_status_gateway.state.ends.told import ToldEnds
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.details.end import EndedRecord, Outcome
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import record, report


def end(key: str = "web:1", ended_ms: int = 0, outcome: str = "done", **fields: Any) -> EndedRecord:
    """An end that its worker tells."""
    defaults: dict[str, Any] = {"run_ms": ended_ms + 60_000}
    return EndedRecord(key, ended_ms=ended_ms, outcome=Outcome(outcome), **(defaults | fields))


def known(
    *ends: EndedRecord,
    sessions: tuple[SessionRecord, ...] = (),
    worker_id: str = "w1",
    at: float = 0.0,
    is_lost: bool = False,
    **fields: Any,
) -> KnownWorker:
    """A worker that has ended these, and holds these sessions, by its report of this moment."""
    worker = KnownWorker(report(1, record(worker_id, *sessions, ended=ends, **fields), at=at).decode(), at, at)
    worker.is_lost = is_lost
    return worker


def said(*ends: EndedRecord, **fields: Any) -> SaidEnds:
    """What such a worker says of ends."""
    return said_by(known(*ends, **fields))


def settled(index: EndsIndex, *open_keys: str) -> EndsIndex:
    """Settle all that has changed."""
    while (key := index.take_changed()) is not None:
        index.settle(key, is_open=key in open_keys)
    return index


def index_of(*ends: EndedRecord, **fields: Any) -> EndsIndex:
    """All ends of one worker."""
    index = EndsIndex()
    index.take("w1", said(*ends, **fields))
    return settled(index)


def told(view: View, index: EndsIndex, now: float = 0.0) -> list[dict[str, Any]]:
    """What a view tells of these ends at this moment, from the very bytes."""
    assert view.ended is not None
    ends = ToldEnds(view.ended, view.shows_end, lambda _: None)
    at_once(ends.fill(index, view.session))
    return [orjson.loads(one) for one in at_once(ends.newest(now))]


def told_keys(view: View, index: EndsIndex, now: float = 0.0) -> list[str]:
    """The keys of the ends that a view tells, in their order."""
    return [one["session_key"] for one in told(view, index, now)]
