"""Rows counted in groups, held against a count of all rows at once."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.summary import summary as module
from agent_status_gateway.state.views.summary.counts import Count
from agent_status_gateway.state.views.summary.group import order_of
from agent_status_gateway.state.views.summary.summary import STEP_GROUPS, Summary
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report

NOW: Final = 100.0
THINKING, ERROR = SessionState.THINKING, SessionState.ERROR
SOURCES: Final = [Source(KnownWorker(report(1, record(f"w{number}")).decode(), 0.0, 0.0)) for number in range(3)]
KEYS: Final = ("web:1", "web:2", "web:3", "ci:1", "ci:2", "alone", ":nameless")
GROUPS: Final[dict[str, Callable[[Row], str | None]]] = {
    "channel": lambda row: split_key(row.key)[0],
    "state": lambda row: row.shown.state.value,
    "worker": lambda row: row.source.known.report.record.id,
    "label.team": lambda _row: None,
}


def row(key: str, state: SessionState = THINKING, start: float = 0.0, source: Source = SOURCES[0]) -> Row:
    made = Row(key, Shown(state, None, None, None, 0, 0), source)
    made.noted_start = start
    return made


def shown(summary: Summary, now: float = NOW) -> list[dict[str, Any]]:
    return at_once(summary.shown(now))


def truth(rows: list[Row], by: str, most: int) -> list[dict[str, Any]]:
    """What a summary of these rows shows, counted at once."""
    members: dict[str | None, list[Row]] = {}
    for one in rows:
        members.setdefault(GROUPS[by](one), []).append(one)
    largest = sorted(members, key=lambda name: (-len(members[name]), order_of(name)))
    found = [{by: name, **_counted(members[name])} for name in sorted(largest[:most], key=order_of)]
    rest = [one for name in largest[most:] for one in members[name]]
    return [*found, {"other_groups": len(members) - most, **_counted(rest)}] if rest else found


def _counted(rows: list[Row]) -> dict[str, Any]:
    numbers = Counter(row.shown.state for row in rows)
    ages = {state: [int(NOW - row.noted_start) for row in rows if row.shown.state is state] for state in numbers}
    return {
        "sessions": len(rows),
        "states": {state.value: number for state, number in numbers.items()},
        "oldest_seconds": {state.value: max(some) for state, some in ages.items()},
    }


@contextmanager
def at_most(groups: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_GROUPS", groups)
        yield


events = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.none() | st.tuples(st.sampled_from(SessionState), st.integers(0, 9), st.sampled_from(SOURCES)),
        st.booleans(),
    ),
    max_size=30,
)


@given(events, st.sampled_from([*GROUPS]), st.sampled_from([1, 2, 1000]))
def test_after_any_history_a_summary_is_what_all_its_rows_come_to(history: list[Any], by: str, most: int) -> None:
    """Rows come, go, change, are dated again, and move to another worker, with a look at the summary now and then."""
    summary, rows = Summary(by), dict[str, Row]()
    with at_most(most):
        for key, becomes, is_looked_at in history:
            if becomes is None:
                assert summary.remove(key) == (rows.pop(key, None) is not None)
            else:
                state, start, source = becomes
                known = rows.get(key)
                if known is not None and known.shown.state is state:  # the same row, as the fold has it
                    known.source, known.noted_start = source, float(start)
                else:
                    rows[key] = row(key, state, float(start), source)
                summary.put(rows[key])
            if is_looked_at:
                assert shown(summary) == truth([*rows.values()], by, most)
        assert shown(summary) == truth([*rows.values()], by, most)
    again = Summary(by)
    for one in reversed(rows.values()):
        again.put(one)
    assert (summary.id, len(summary), summary.state) == (again.id, len(again), again.state)
    assert summary.entries == len({GROUPS[by](one) for one in rows.values()})


def test_a_count_is_news_and_an_age_a_title_and_another_session_are_not() -> None:
    # summary: Rule 1
    # summary: Rule 2
    summary = Summary("channel")
    summary.put(row("web:1", start=5.0))
    id_of_one = summary.id
    summary.put(row("web:1", start=9.0))
    assert summary.id == id_of_one
    assert shown(summary)[0]["oldest_seconds"] == {"thinking": 91}
    summary.put(row("web:2"))
    id_of_two = summary.id
    summary.remove("web:1")
    assert summary.id == id_of_one != id_of_two
    summary.put(row("web:2", ERROR))
    assert summary.id not in (id_of_one, id_of_two)
    assert summary.state == "degraded"


def test_the_rows_of_one_view_counted_by_something_else_have_another_id() -> None:
    ids = set()
    for by in GROUPS:
        summary = Summary(by)
        summary.put(row("web:1"))
        ids.add(summary.id)
    assert len(ids) == len(GROUPS)


def test_the_id_is_the_same_however_many_counts_changed_since_it_was_last_asked_for() -> None:
    one, other = Summary("channel"), Summary("channel")
    for number in range(3 * STEP_GROUPS):
        one.put(row(f"{number}:1"))
        other.put(row(f"{number}:1"))
        assert one.id
    assert one.id == other.id


def test_a_session_of_a_group_that_is_not_shown_is_counted_in_the_rest_which_no_group_looks_like() -> None:
    summary = Summary("label.team")
    summary.put(row("web:1"))
    assert shown(summary)[0]["label.team"] is None
    summary = Summary("channel")
    for key in ("web:1", "web:2", "ci:1", "b:1", "a:1"):
        summary.put(row(key, start=1.0))
    with at_most(2):
        assert shown(summary) == [
            {"channel": "a", "sessions": 1, "states": {"thinking": 1}, "oldest_seconds": {"thinking": 99}},
            {"channel": "web", "sessions": 2, "states": {"thinking": 2}, "oldest_seconds": {"thinking": 99}},
            {"other_groups": 2, "sessions": 2, "states": {"thinking": 2}, "oldest_seconds": {"thinking": 99}},
        ]


def test_a_thousand_groups_are_shown_and_of_one_more_the_last_is_the_rest() -> None:
    # summary: Rule 3
    summary = Summary("channel")
    for number in range(1000):
        summary.put(row(f"{number:04}:1"))
    assert [group["channel"] for group in shown(summary)] == [f"{number:04}" for number in range(1000)]
    summary.put(row("zz:1"))
    *groups, rest = shown(summary)
    assert len(groups) == 1000
    assert (rest["other_groups"], rest["sessions"]) == (1, 1)


def test_groups_are_described_and_ranked_in_steps_and_what_was_given_up_is_done_the_next_time() -> None:
    summary = Summary("channel")
    for number in range(5 * STEP_GROUPS):
        summary.put(row(f"{number:04}:1"))
    assert len(list(summary.shown(NOW))) == 5
    with at_most(STEP_GROUPS):
        given_up = summary.shown(NOW)
        next(given_up)
        given_up.close()
        summary.remove("0999:1")
        summary.put(row("0999:2"))
        summary.put(row("0999:3"))
        assert len(list(summary.shown(NOW))) >= 4
        assert shown(summary)[-2]["channel"] == "0999"
        before = summary._ranking
        assert len(list(summary.shown(NOW))) == 1, "ranked once, and then only what has changed"
        assert summary._ranking is before


def test_the_collector_of_cycles_neither_visits_what_is_kept_of_a_session_nor_has_to_free_it() -> None:
    def counts() -> int:
        return sum(isinstance(one, Count) for one in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = counts()
        summary = Summary("channel")
        for key in KEYS:
            for state in (THINKING, ERROR):
                summary.put(row(key, state))
        shown(summary)
        assert counts() > before
        gc.collect()
        assert not any(map(gc.is_tracked, summary._counted.values()))
        del summary
        assert counts() == before
    finally:
        gc.enable()
