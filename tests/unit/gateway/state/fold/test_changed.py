"""Which of a worker's sessions its newest report shows otherwise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.changed import changed_sessions
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
