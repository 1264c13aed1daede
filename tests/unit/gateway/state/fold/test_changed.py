"""Which of a worker's sessions its newest report shows otherwise, and which may have begun again since."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.changed import SPARE_SECONDS, changed_sessions, young_sessions
from agent_status_gateway.state.known_worker import KnownWorker
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
    "fields", [{"title": "T"}, {"tool": "bash"}, {"error": "x"}, {"input_tokens": 5}, {"output_tokens": 5}]
)
def test_a_session_that_shows_something_else_has_changed(fields: dict[str, Any], *, filling: bool) -> None:
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
@pytest.mark.parametrize(("age", "is_young"), [(0, True), (3000, True), (5999, True), (6000, False), (90_000, False)])
def test_a_state_may_have_begun_again_if_it_is_younger_than_the_report_before_or_a_second_older(
    age: int, *, is_young: bool, filling: bool
) -> None:
    others = [session(f"fill:{number}", changed_ms=100_000) for number in range(40)] if filling else []
    before = spoke(10.0, session("a:1", changed_ms=50_000), *others)
    known = spoke(15.0, session("a:1", changed_ms=age), *others, before=before)
    assert SPARE_SECONDS == 1.0
    assert young_sessions(known, before) == (["a:1"] if is_young else [])


def test_young_sessions_are_named_whatever_their_place() -> None:
    before = spoke(10.0, session("a:1", changed_ms=9000), session("a:2", changed_ms=9000))
    young, old = session("a:2", changed_ms=100), session("a:3", changed_ms=9000)
    assert young_sessions(spoke(15.0, old, young, before=before), before) == ["a:2"]
