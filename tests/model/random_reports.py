"""Random records of workers: few keys, so that many workers claim the same ones, and everything that a record may hold.

A session is drawn as one number, since hypothesis takes as long for each draw as the fold for a whole report.
"""

from math import prod
from typing import Any, Final

from hypothesis import strategies as st

from agent_status_publisher.contract.details.details import Details, WaitingFor
from agent_status_publisher.contract.details.end import Outcome
from agent_status_publisher.contract.wire import EndedRecord, SessionRecord, SessionState, WorkerRecord
from chaos.workers.reports import record

KEYS: Final = ("web:1", "web:2", "web:30", "web:", "tg:1", "tg", ":1")
"""With and without a channel and an id."""
AGES_MS: Final = (0, 40, 1_000, 5_000, 60_000)
FIELDS: Final[dict[str, tuple[Any, ...]]] = {
    "state": tuple(SessionState),
    "key": KEYS,
    "changed_ms": AGES_MS,
    "run_ms": AGES_MS,
    "expires_ms": (None, 0, None, 1, None, 700, None, 3_000, None, 9_000),
    "tool": (None, "bash", "grep"),
    "title": (None, "T", "Zoë"),
    "error": (None, "boom"),
    "input_tokens": (0, 7),
    "output_tokens": (0, 9),
    "called_ms": (0, 30),
    "details": (
        None,
        Details((("agent", "reviewer"),), "web:2"),
        Details(cost_usd=1.24, progress=(3, 7)),
        Details((("team", "web"),), "tg:1", waiting_for=WaitingFor.APPROVAL),
        Details((("team", "web"), ("model", "opus")), "web:1", "https://ci.example/7", context=(5, 10)),
    ),
}
ENDS: Final[dict[str, tuple[Any, ...]]] = {
    "ended_ms": (None, 0, 40, 1_000, 5_000, 60_000),
    "key": KEYS,
    "run_ms": AGES_MS,
    "outcome": tuple(Outcome),
    "title": (None, "T"),
    "error": (None, "boom"),
    "labels": ((), (("team", "web"),), (("agent", "reviewer"), ("team", "ops"))),
    "parent": (None, "web:1", "tg:1"),
}
TERMS: Final = ((15_000, 5_000, 30_000), (3_000, 1_000, 4_000), (10_000, 5_000, 0))
"""Lease, heartbeat and error TTL."""
WORKERS: Final[dict[str, tuple[Any, ...]]] = {
    "terms": TERMS,
    "left": (False, False, False, False, False, True),
    "max_concurrent": (0, 3, 5),
    "uptime_ms": (0, 400, 90_000),
    "labels": ((), (), (("team", "web"),), (("agent", "helper"), ("team", "ops"))),
}


def chosen(number: int, choices: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """One choice for each name: the digits of a number."""
    picked = {}
    for name, values in choices.items():
        number, index = divmod(number, len(values))
        picked[name] = values[index]
    return picked


def numbers(choices: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[int]:
    """Every number that means one choice for each name."""
    return st.integers(0, prod(map(len, choices.values())) - 1)


def session_of(number: int) -> SessionRecord:
    """Any session, and a forger's too: its run may be younger than its state, and its work may expire."""
    return SessionRecord(**chosen(number, FIELDS))


def end_of(number: int) -> EndedRecord:
    """Any ended run, told or not."""
    return EndedRecord(**chosen(number, ENDS))


def record_of(worker_id: str, held: list[int], ended: list[int], terms: int) -> WorkerRecord:
    """Any record of this worker. One in six is a goodbye, and it may hold sessions, as only a forger's does."""
    sessions = {session.key: session for session in map(session_of, held)}
    ends = {run.key: run for run in map(end_of, ended)}
    fields = chosen(terms, WORKERS)
    lease_ms, heartbeat_ms, error_ttl_ms = fields.pop("terms")
    return record(
        worker_id,
        *sessions.values(),
        ended=tuple(ends.values()),
        lease_ms=lease_ms,
        heartbeat_ms=heartbeat_ms,
        error_ttl_ms=error_ttl_ms,
        **fields,
    )


def records(worker_ids: st.SearchStrategy[str]) -> st.SearchStrategy[WorkerRecord]:
    """Any records of these workers."""
    return st.builds(
        record_of,
        worker_ids,
        st.lists(numbers(FIELDS), max_size=5),
        st.lists(numbers(ENDS), max_size=3),
        numbers(WORKERS),
    )
