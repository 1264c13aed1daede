"""The rows that are shown: their channels, which of them have changed, and which stay the same object."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.folded_rows import HOLDER_FIELDS, QUIET, RESTART_SECONDS, FoldedRows, Revision
from agent_status_gateway.state.fold.row import Shown, Source
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.details.details import NO_DETAILS, Details
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report, session
from tests.unit.gateway.state.fold.test_rows import SOURCE, keys, shown

THINKING = Shown(SessionState.THINKING, "T", None, None, 0, 0)
OTHERS = [
    THINKING._replace(state=SessionState.STREAMING),
    THINKING._replace(title="U"),
    THINKING._replace(tool="bash"),
    THINKING._replace(error="x"),
    THINKING._replace(input_tokens=1),
    THINKING._replace(output_tokens=1),
]
FIRST = 100.0
"""When the first report of a session says that its state began, in seconds."""


def held(began_at: float) -> Source:
    """A worker whose report holds a session with a state that began at this moment."""
    worker = record("w1", session("web:1", changed_ms=round(1000 * (200.0 - began_at))))
    return Source(KnownWorker(report(1, worker).decode(), 200.0, 0.0))


def called(milliseconds: int) -> Source:
    """A worker whose agent made a call so long after its state began."""
    worker = record("w1", session("web:1", changed_ms=60_000, called_ms=milliseconds))
    return Source(KnownWorker(report(1, worker).decode(), 200.0, 0.0))


def taken(rows: FoldedRows) -> set[str]:
    """All keys that have changed."""
    return set(iter(rows.take_changed, None))


def began(rows: FoldedRows, began_at: float) -> None:
    """Show the same for the session as before, with a state that began at this moment."""
    rows.show("web:1", THINKING, held(began_at))


@given(st.lists(st.tuples(keys, shown | st.none(), st.booleans())))
def test_the_channels_and_the_changed_keys_are_what_can_be_counted_from_nothing(
    steps: list[tuple[str, Shown | None, bool]],
) -> None:
    rows, truth, changed = FoldedRows(), dict[str, Shown](), set[str]()
    for key, what, is_taken in steps:
        if truth.get(key) != what:
            changed.add(key)
        if what is None:
            rows.hide(key)
            truth.pop(key, None)
        else:
            rows.show(key, what, SOURCE)
            truth[key] = what
        assert [(row.key, row.shown) for row in rows] == sorted(truth.items())
        assert {(channel, key) for channel, keys in rows.by_channel.items() for key in keys} == {
            (split_key(key)[0], key) for key in truth
        }
        assert all(rows.by_channel.values())
        if is_taken:
            assert taken(rows) == changed
            changed.clear()


def test_a_channel_has_the_keys_before_whose_first_colon_it_stands() -> None:
    rows = FoldedRows()
    for key in ("web:1", "web:2:3", "ci", ":x"):
        rows.show(key, THINKING, SOURCE)
    assert rows.by_channel == {"web": {"web:1", "web:2:3"}, "ci": {"ci"}, "unknown": {":x"}}


# folded_rows: Rule 1
def test_a_row_that_shows_the_same_stays_and_only_its_source_is_another() -> None:
    rows, other = FoldedRows(), Source(SOURCE.known)
    rows.show("web:1", THINKING, SOURCE)
    (row,) = rows
    rows.show("web:1", THINKING._replace(), other)
    assert [*rows] == [row]
    assert row.source is other


# folded_rows: Rule 1
@pytest.mark.parametrize("other", OTHERS)
def test_a_row_that_shows_anything_else_is_another_and_has_changed(other: Shown) -> None:
    rows = FoldedRows()
    rows.show("web:1", THINKING, SOURCE)
    before = rows.by_key["web:1"]
    taken(rows)
    rows.show("web:1", other, SOURCE)
    assert rows.by_key["web:1"] is not before
    assert taken(rows) == {"web:1"}


# folded_rows: Rule 2
def test_a_row_has_changed_when_it_comes_and_when_it_goes() -> None:
    rows = FoldedRows()
    rows.show("web:1", THINKING, SOURCE)
    assert taken(rows) == {"web:1"}
    rows.hide("web:1")
    assert taken(rows) == {"web:1"}
    rows.hide("web:1")
    assert taken(rows) == set()


def test_a_row_that_went_and_came_back_has_changed_though_it_shows_the_same() -> None:
    rows = FoldedRows()
    rows.show("web:1", THINKING, SOURCE)
    taken(rows)
    rows.hide("web:1")
    rows.show("web:1", THINKING, SOURCE)
    assert taken(rows) == {"web:1"}


# folded_rows: Rule 2
@pytest.mark.parametrize(
    ("later", "is_changed"), [(0.0, False), (1.0, False), (1.001, True), (5.0, True), (-1.0, False), (-5.0, True)]
)
def test_a_state_that_began_over_a_second_later_or_earlier_than_noted_is_a_change(
    *, later: float, is_changed: bool
) -> None:
    rows = FoldedRows()
    began(rows, FIRST)
    row = rows.by_key["web:1"]
    taken(rows)
    began(rows, FIRST + later)
    assert taken(rows) == ({"web:1"} if is_changed else set())
    assert rows.by_key["web:1"] is row, "its bytes are the same"


def test_restarts_of_less_than_a_second_each_are_noted_when_they_have_come_to_more() -> None:
    rows = FoldedRows()
    began(rows, FIRST)
    taken(rows)
    found = []
    for step in range(1, 9):
        began(rows, FIRST + 0.4 * step)
        found.append(bool(taken(rows)))
    assert found == [False, False, True, False, False, True, False, False]


def test_a_restart_is_noted_once() -> None:
    rows = FoldedRows()
    began(rows, FIRST)
    began(rows, FIRST + 10 * RESTART_SECONDS)
    taken(rows)
    began(rows, FIRST + 10 * RESTART_SECONDS)
    assert taken(rows) == set()


def test_a_restart_is_found_in_a_row_that_its_worker_shows_without_another_decision() -> None:
    rows, source, later = FoldedRows(), held(FIRST), held(FIRST + 2.0)
    rows.show("web:1", THINKING, source)
    taken(rows)
    source.known = later.known
    rows.note_moments(rows.by_key["web:1"])
    assert taken(rows) == {"web:1"}


def test_a_changed_key_is_taken_once() -> None:
    rows = FoldedRows()
    for _ in range(2):
        rows.show("web:1", THINKING, SOURCE)
        rows.show("web:1", THINKING._replace(title="U"), SOURCE)
    assert rows.take_changed() == "web:1"
    assert rows.take_changed() is None


def test_a_changed_key_is_found_at_once_though_very_many_were_taken_before() -> None:
    rows = FoldedRows()
    for worker in range(40):
        full = record("w1", *(session(f"web:{worker}-{number}") for number in range(1000)))
        source = Source(KnownWorker(report(1, full).decode(), 0.0, 0.0))
        for key in source.known.places:
            rows.show(key, THINKING, source)
    taken(rows)
    began_at = process_time()
    for key in source.known.places:
        rows.show(key, OTHERS[0], source)
        assert rows.take_changed() == key
    assert process_time() - began_at < 0.1, "seconds; with sets it is several times as long"


# folded_rows: Rule 3
def test_a_row_that_another_worker_holds_is_revised_and_not_changed() -> None:
    rows, other = FoldedRows(), Source(SOURCE.known)
    rows.show("web:1", THINKING, SOURCE)
    rows.show("web:1", THINKING, SOURCE)
    taken(rows)
    assert rows.take_revised() is None
    rows.show("web:1", THINKING, other)
    assert taken(rows) == set()
    assert rows.take_revised() == Revision("web:1", NO_DETAILS, HOLDER_FIELDS)
    assert rows.take_revised() is None


def test_bytes_that_name_the_worker_of_before_are_dropped_when_another_one_holds_the_row() -> None:
    rows = FoldedRows()
    rows.show("web:1", THINKING, SOURCE)
    rows.by_key["web:1"].extras = {"made": b"of the first"}
    rows.show("web:1", THINKING, Source(SOURCE.known))
    assert rows.by_key["web:1"].extras is None


def test_a_row_with_other_details_is_revised_and_says_what_differs_since_it_was_taken() -> None:
    rows = FoldedRows()
    first = Details((("team", "web"),), "ci:7", cost_usd=1.0)
    rows.show("web:1", THINKING, SOURCE, first)
    taken(rows)
    row = rows.by_key["web:1"]
    row.extras = made = {"made": b"of the first"}
    rows.show("web:1", THINKING, SOURCE, Details((), None, cost_usd=1.0))
    last = Details((), "ci:8", cost_usd=2.0)
    rows.show("web:1", THINKING, SOURCE, last)
    assert taken(rows) == set()
    assert rows.by_key["web:1"] is row
    assert row.details == last
    assert row.extras is not made
    assert rows.take_revised() == Revision("web:1", first, frozenset({"labels", "parent", "cost_usd"}))


def test_a_changed_row_says_the_details_that_it_had_when_it_was_taken_and_is_not_revised_as_well() -> None:
    rows, details = FoldedRows(), Details((("team", "web"),))
    rows.show("web:1", THINKING, SOURCE, details)
    assert [(key, rows.taken_before) for key in iter(rows.take_changed, None)] == [("web:1", NO_DETAILS)]
    rows.show("web:1", OTHERS[0], SOURCE, details)
    assert [(key, rows.taken_before) for key in iter(rows.take_changed, None)] == [("web:1", None)]
    rows.show("web:1", THINKING, SOURCE)
    rows.hide("web:1")
    assert [(key, rows.taken_before) for key in iter(rows.take_changed, None)] == [("web:1", details)]
    assert rows.take_revised() is None


# folded_rows: Rule 4
@pytest.mark.parametrize("is_noted", [False, True])
def test_a_call_revises_a_row_only_while_calls_are_noted(is_noted: bool) -> None:
    rows, source = FoldedRows(), called(0)
    rows.notes_calls = is_noted
    rows.show("web:1", THINKING, source)
    taken(rows)
    for milliseconds in (900, 1_100, 2_000):
        source.known = called(milliseconds).known
        rows.note_moments(rows.by_key["web:1"])
        if milliseconds == 1_100 and is_noted:
            assert rows.take_revised() == Revision("web:1", NO_DETAILS, frozenset({QUIET}))
        assert rows.take_revised() is None
    assert taken(rows) == set()


# folded_rows: Rule 4
def test_each_call_revises_a_row_while_a_reader_must_know_of_each() -> None:
    rows, source = FoldedRows(), called(0)
    rows.notes_each_call = True
    rows.show("web:1", THINKING, source)
    taken(rows)
    for milliseconds in (1, 2, 5_000):
        source.known = called(milliseconds).known
        rows.note_moments(rows.by_key["web:1"])
        assert rows.take_revised() == Revision("web:1", NO_DETAILS, frozenset())
    assert taken(rows) == set()


def test_there_is_news_until_all_that_has_changed_or_is_revised_was_taken() -> None:
    rows, news = FoldedRows(), []
    for _ in range(2):  # the second time, it is another worker's
        rows.show("web:1", THINKING, held(FIRST))
        news.append(rows.has_news)
        taken(rows), rows.take_revised()
        news.append(rows.has_news)
    assert news == [True, False, True, False]
