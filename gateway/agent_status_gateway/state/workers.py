"""Pure: the workers as an operator sees them. From here, "worker lost" on the dashboard leads to a machine."""

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import Steps

WorkerState = Literal["live", "lost", "left"]


class WorkerStatus(TypedDict):
    """One worker, by its newest report."""

    worker_id: str
    host: str
    pid: Annotated[int, Field(ge=0)]
    state: Annotated[
        WorkerState, Field(description="`left`: it said goodbye; `lost`: it did not, and its lease is over")
    ]
    sessions: Annotated[list[str], Field(description="Keys of the sessions that it holds, or held when it was lost")]
    max_concurrent: Annotated[int, Field(ge=0)]
    uptime_seconds: Annotated[int, Field(ge=0, description="At its newest report")]
    last_heard_seconds: Annotated[float, Field(ge=0, description="Since its newest report")]
    lease_seconds: Annotated[float, Field(ge=0, description="How long a report counts without a new one")]


class Workers(TypedDict):
    """All workers that this replica knows, by host and pid. A lost or left one stays for about a minute.

    A key with a scope sees only the workers that hold a session of it, with only these sessions.
    """

    workers: list[WorkerStatus]


def describe_workers(known: Iterable[KnownWorker], now: float, keys: Collection[str] | None = None) -> Steps[Workers]:
    """Describe the workers at `now`, on the clock of their moments, a worker a step.

    With `keys`, only the workers that hold one of these sessions are described, and of their sessions only these.
    """
    rows = []
    for worker in known:
        sessions = worker.places.keys() if keys is None else [key for key in worker.places if key in keys]
        if keys is None or sessions:
            rows.append(_describe(worker, sessions, now))
        yield
    return {"workers": sorted(rows, key=lambda row: (row["host"], row["pid"], row["worker_id"]))}


def _describe(known: KnownWorker, sessions: Iterable[str], now: float) -> WorkerStatus:
    record = known.report.record
    return {
        "worker_id": record.id,
        "host": record.host,
        "pid": record.pid,
        "state": "left" if known.has_left else "lost" if known.is_lost else "live",
        "sessions": sorted(sessions),
        "max_concurrent": record.max_concurrent,
        "uptime_seconds": record.uptime_ms // 1000,
        "last_heard_seconds": round(max(0.0, now - known.moment), 1),
        "lease_seconds": record.lease_ms / 1000,
    }
