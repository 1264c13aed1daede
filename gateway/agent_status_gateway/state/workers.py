"""Pure: who the workers are, for an operator: "worker lost" on the board leads to a machine from here."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from agent_status_gateway.state.known_worker import KnownWorker

WorkerState = Literal["live", "lost", "left"]


class WorkerStatus(TypedDict):
    """One worker, as its newest word says it."""

    worker_id: str
    host: str
    pid: Annotated[int, Field(ge=0)]
    state: Annotated[WorkerState, Field(description="`left` has said goodbye; `lost` has not, and its lease is over")]
    sessions: Annotated[list[str], Field(description="Keys of those that it holds, or held when it was lost")]
    max_concurrent: Annotated[int, Field(ge=0)]
    uptime_seconds: Annotated[int, Field(ge=0, description="When it was last heard")]
    last_heard_seconds: Annotated[float, Field(ge=0, description="Since its newest word")]
    lease_seconds: Annotated[float, Field(ge=0, description="How long a word counts without a new one")]


class Workers(TypedDict):
    """All that this replica knows of, by host and pid; who is lost or has left, for about a minute more."""

    workers: list[WorkerStatus]


def describe_workers(known: Iterable[KnownWorker], now: float) -> Workers:
    """The workers at `now`, on the clock of their moments."""
    rows = [_describe(worker, now) for worker in known]
    return {"workers": sorted(rows, key=lambda row: (row["host"], row["pid"], row["worker_id"]))}


def _describe(known: KnownWorker, now: float) -> WorkerStatus:
    record = known.report.record
    return {
        "worker_id": record.id,
        "host": record.host,
        "pid": record.pid,
        "state": "left" if known.has_left else "lost" if known.is_lost else "live",
        "sessions": sorted(session.key for session in record.sessions),
        "max_concurrent": record.max_concurrent,
        "uptime_seconds": record.uptime_ms // 1000,
        "last_heard_seconds": round(max(0.0, now - known.moment), 1),
        "lease_seconds": record.lease_ms / 1000,
    }
