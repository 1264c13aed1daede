"""Frames of a few sessions, for tests of what becomes of them."""

from agent_status_gateway.fanout.events.frames import Frame, encode_frame
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


def frame_of(*sessions: SessionRecord, made_at: float = 0.0) -> Frame:
    """The frame of one worker's sessions."""
    fleet = fleet_with(report(1, record("w1", *sessions), at=made_at), at=made_at)
    take_snapshot(fleet, made_at)
    fold = fold_of(fleet)
    return at_once(encode_frame(fold.rows, fold.global_status(made_at), made_at))


def frame_with(state: GlobalStateName) -> Frame:
    """A frame with this global state."""
    return frame_of(*_OF_STATE[state])
