"""Frames of a few sessions, for tests of what becomes of them."""

from collections.abc import Iterable

from agent_status_gateway.fanout.events.changes import Change, encode_change
from agent_status_gateway.fanout.events.frames import Frame, encode_frame
from agent_status_gateway.state.fold.fold import Fold
from agent_status_gateway.state.fold.schema import GlobalStateName
from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import record, report, session
from tests.support.builders.fleets import fleet_with, fold_of, take_snapshot

_OF_STATE: dict[str, tuple[SessionRecord, ...]] = {
    "idle": (),
    "active": (session("web:1"),),
    "degraded": (session("web:1", "error", error="x", expires_ms=10_000),),
}


def frame_of(*sessions: SessionRecord, made_at: float = 0.0, is_of_all: bool = True) -> Frame:
    """The frame of one worker's sessions."""
    fold = folded(*sessions, at=made_at)
    return at_once(encode_frame(fold.rows, fold.global_status(fold.rows, made_at), made_at, is_of_all=is_of_all))


def change_to(
    *sessions: SessionRecord, base_id: str = "0" * 32, gone: Iterable[str] = (), made_at: float = 0.0
) -> Change:
    """The change that brings one worker's sessions to somebody who has no row."""
    fold = folded(*sessions, at=made_at)
    rows, status = fold.rows, fold.global_status(fold.rows, made_at)
    return at_once(encode_change(base_id, rows.id, status, rows, gone, made_at))


def folded(*sessions: SessionRecord, at: float) -> Fold:
    """The fold of one worker's sessions."""
    fleet = fleet_with(report(1, record("w1", *sessions), at=at), at=at)
    take_snapshot(fleet, at)
    return fold_of(fleet)


def frame_with(state: GlobalStateName) -> Frame:
    """A frame with this global state."""
    return frame_of(*_OF_STATE[state])
