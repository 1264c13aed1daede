"""The rows of a view, found by the index of all rows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.folded_rows import FoldedRows
from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views import select as select_module
from agent_status_gateway.state.views.select import empty, is_short, select
from agent_status_gateway.state.views.summary.summary import Summary
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.details import NO_DETAILS, Details
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report, session

KEYS = tuple(f"{channel}:{number}" for channel in ("web", "ci", "tg") for number in range(5))
SOURCE = Source(KnownWorker(report(1, record("w1", *map(session, KEYS))).decode(), 0.0, 0.0))
DETAILS = {
    "web:2": Details((("team", "web"),), "web:1"),
    "ci:2": Details((("model", "opus"), ("team", "web"))),
    "ci:3": Details(parent="web:1"),
}
STATES = (SessionState.THINKING, SessionState.ERROR)

some_views = st.builds(
    View,
    channel=st.none() | st.frozensets(st.sampled_from(["web", "ci", "nobody's"])),
    state=st.none() | st.frozensets(st.sampled_from(STATES)),
    session=st.none() | st.frozensets(st.sampled_from([*KEYS, "web:99"]), max_size=4),
    parent=st.none() | st.just(frozenset({"web:1"})),
    label=st.sampled_from([frozenset(), frozenset({"team:web"}), frozenset({"team:web", "model:opus"})]),
)


def all_rows(keys: dict[str, SessionState]) -> FoldedRows:
    rows = FoldedRows()
    for key, state in keys.items():
        rows.show(key, Shown(state, None, None, None, 0, 0), SOURCE, DETAILS.get(key, NO_DETAILS))
    return rows


ALL = all_rows(dict.fromkeys(KEYS, STATES[0]))


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(STATES)), some_views)
def test_the_rows_of_a_view_are_those_of_all_that_it_shows(keys: dict[str, SessionState], view: View) -> None:
    rows = all_rows(keys)
    assert list(at_once(select(rows, view))) == [row for row in rows if view.shows(row)]


@pytest.mark.parametrize(
    ("view", "looked_at"),
    [
        (View(session=frozenset({"web:1", "ci:2", "web:99"})), {"web:1", "ci:2"}),
        (View(session=frozenset({"web:1"}), channel=frozenset({"web"})), {"web:1"}),
        (View(channel=frozenset({"ci", "nobody's"})), {f"ci:{number}" for number in range(5)}),
        (View(channel=frozenset()), set()),
        (View(parent=frozenset({"web:1", "web:99"}), channel=frozenset({"web"})), {"web:2", "ci:3"}),
        (View(label=frozenset({"team:web", "model:opus"})), {"ci:2"}),
        (View(label=frozenset({"team:web"}), channel=frozenset({"web"})), {"web:2", "ci:2"}),
        (View(label=frozenset({"team:nobody's"})), set()),
        (View(state=frozenset(STATES)), set(KEYS)),
        (WHOLE, set(KEYS)),
    ],
)
def test_only_rows_that_the_index_names_are_looked_at(
    view: View, looked_at: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    shows = View.shows

    def note(self: View, row: Row) -> bool:
        seen.append(row.key)
        return shows(self, row)

    monkeypatch.setattr(View, "shows", note)
    at_once(select(ALL, view))
    assert sorted(seen) == sorted(looked_at)


def test_many_rows_are_looked_at_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(select_module, "STEP_ROWS", 4)
    assert len(list(select(ALL, WHOLE))) == 3
    assert len(list(select(ALL, View(session=frozenset({f"no:{number}" for number in range(9)}))))) == 2


@pytest.mark.parametrize(
    ("fields", "short"),
    [
        ({}, False),
        ({"state": frozenset(STATES)}, False),
        ({"channel": frozenset({"web"})}, True),
        ({"channel": frozenset({"web", "ci"})}, False),
        ({"session": frozenset({"web:1"})}, True),
        ({"session": frozenset(KEYS)}, False),
    ],
)
def test_a_view_is_short_if_it_takes_one_step(
    fields: dict[str, Any], short: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(select_module, "STEP_ROWS", 5)
    assert is_short(ALL, View(**fields)) is short


@pytest.mark.parametrize("view", [WHOLE, View(channel=frozenset({"ci"}), state=frozenset(STATES))])
def test_the_rows_of_a_view_that_is_counted_are_counted_in_shorter_steps(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(select_module, "STEP_COUNTED_ROWS", 2)
    counted = view.counted_by("channel")
    assert len(list(select(ALL, counted))) == sum(1 for row in ALL if view.shows(row)) // 2
    found = at_once(select(ALL, counted))
    assert isinstance(found, Summary)
    assert list(found) == list(at_once(select(ALL, view)))
    assert found.by == "channel"
    assert type(empty(view)) is Rows
