"""Which of a worker's sessions its newest report shows otherwise, and which may have begun again since."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.changed import SPARE_SECONDS, changed_sessions, redated_sessions
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import record, report, session

FILLING = [session(f"fill:{number}", title="x" * 100) for number in range(40)]
"""So many that a report is parsed by the one before it."""


def worker(*sessions: SessionRecord, before: KnownWorker | None = None, filling: bool = False) -> KnownWorker:
    held = record("w1", *sessions, *(FILLING if filling else ()))
    seen = None if before is None else before.report.record
    return KnownWorker(report(1, held).decode(seen), 0.0, 0.0, before)


def changed(known: KnownWorker, before: KnownWorker) -> list[str]:
    return [session.key for session in changed_sessions(known, before)]


@pytest.mark.parametrize("filling", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        {"title": "T"},
        {"tool": "bash"},
        {"error": "x"},
        {"input_tokens": 5},
        {"output_tokens": 5},
        {"called_ms": 30},
        {"details": Details(cost_usd=1.0)},
    ],
)
def test_a_session_that_is_described_otherwise_has_changed(fields: dict[str, Any], *, filling: bool) -> None:
    first = worker(session("a:1"), session("a:2"), filling=filling)
    second = worker(session("a:1"), session("a:2"), before=first, filling=filling)
    third = worker(session("a:1"), session("a:2", **fields), before=second, filling=filling)
    assert changed(second, first) == []
    assert changed(third, second) == ["a:2"]


@pytest.mark.parametrize("filling", [False, True])
def test_a_session_that_only_grows_older_has_not_changed(*, filling: bool) -> None:
    first = worker(session("a:1"), filling=filling)
    second = worker(session("a:1", changed_ms=5000, run_ms=9000), before=first, filling=filling)
    third = worker(session("a:1", changed_ms=9000, run_ms=9900), before=second, filling=filling)
    assert changed(second, first) == changed(third, second) == []


sessions = st.lists(
    st.builds(
        session,
        st.sampled_from(["a:1", "a:2", "a:3"]),
        st.sampled_from(["thinking", "streaming"]),
        title=st.sampled_from([None, "T"]),
    ),
    unique_by=lambda one: one.key,
)


@given(st.lists(sessions, min_size=2, max_size=6), st.booleans())
def test_no_session_that_is_new_or_shows_something_else_is_missed(
    series: list[list[SessionRecord]], long: bool
) -> None:
    known = worker(*series[0], filling=long)
    for held in series[1:]:
        before, known = known, worker(*held, before=known, filling=long)
        found = set(changed(known, before))
        assert {one.key for one in held if before.session(one.key) != one} <= found
        assert all(known.session(one.key) == one for one in held)


def spoke(at: float, *sessions: SessionRecord, before: KnownWorker | None = None, late: float = 0.0) -> KnownWorker:
    """A worker that has written a report at this moment, which came so many seconds late."""
    seen = None if before is None else before.report.record
    return KnownWorker(report(1, record("w1", *sessions), at=at).decode(seen), at + late, at + late, before)


@pytest.mark.parametrize("filling", [False, True])
@pytest.mark.parametrize(
    ("age_before", "age", "is_redated"),
    [
        (50_000, 0, True),
        (50_000, 3000, True),
        (50_000, 55_000, False),
        (50_000, 55_900, False),
        (50_000, 54_100, False),
        (50_000, 56_100, True),
        (50_000, 53_900, True),
        (0, 5000, True),  # its state may have begun again just after the report before
        (1000, 6000, False),
    ],
)
def test_a_state_may_have_begun_at_another_moment_if_it_has_not_aged_by_the_time_between_two_reports(
    age_before: int, age: int, *, is_redated: bool, filling: bool
) -> None:
    def others(changed_ms: int) -> list[SessionRecord]:
        return [session(f"fill:{number}", changed_ms=changed_ms) for number in range(40)] if filling else []

    before = spoke(10.0, session("a:1", changed_ms=age_before), *others(100_000))
    known = spoke(15.0, session("a:1", changed_ms=age), *others(105_000), before=before)
    assert SPARE_SECONDS == 1.0
    assert redated_sessions(known, before) == (["a:1"] if is_redated else [])


def test_redated_sessions_are_named_whatever_their_place() -> None:
    before = spoke(10.0, session("a:1", changed_ms=9000), session("a:2", changed_ms=9000))
    known = spoke(15.0, session("a:3", changed_ms=9000), session("a:2", changed_ms=100), before=before)
    assert redated_sessions(known, before) == ["a:3", "a:2"], "the first is new"
    known = spoke(15.0, session("a:2", changed_ms=14_000), session("a:1", changed_ms=20_000), before=before)
    assert redated_sessions(known, before) == ["a:1"]
