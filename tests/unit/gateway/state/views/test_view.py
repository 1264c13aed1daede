"""A view: which rows it shows, one view within another, and its spelling."""

from itertools import permutations, product
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.views.query import parse_view
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.details import NO_DETAILS, Details
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report

ERROR, THINKING = SessionState.ERROR, SessionState.THINKING
SOURCE: Final = Source(KnownWorker(report(1, record("w1")).decode(), 0.0, 0.0))
KEYS: Final = ("web:1", "web:2", "ci:1", "ci:1,2", "alone", ":nameless", "größe:5 %&=+", "web:x:y")
CHANNELS: Final = ("web", "ci", "alone", "unknown", "größe", "nobody's")
CHANNEL_OF: Final = dict(zip(KEYS, ["web", "web", "ci", "ci", "alone", "unknown", "größe", "web"], strict=True))
LABELS: Final = ("team:web", "team:ci", "path:a/b:c, d")


DETAILS: Final = (
    NO_DETAILS,
    Details((("team", "web"),), "ci:7"),
    Details((("path", "a/b:c, d"), ("team", "web")), "web:1"),
    Details((("team", "ci"),)),
)


def row(key: str, state: SessionState = THINKING, details: Details = NO_DETAILS) -> Row:
    return Row(key, Shown(state, None, None, None, 0, 0), SOURCE, details)


ROWS: Final = tuple(row(key, state, details) for key in KEYS for state in SessionState for details in DETAILS)
Named = tuple[str, str, Details]


def shown_by(view: View) -> list[Named]:
    """The rows of a view by a way of its own: each row's values are looked for in each field that is asked for."""
    found = []
    for key, state, details in product(KEYS, SessionState, DETAILS):
        wishes: list[tuple[Any, Any]] = [(view.channel, CHANNEL_OF[key]), (view.state, state), (view.session, key)]
        wishes.append((view.parent, details.parent))
        has_all_labels = all(label in [f"{name}:{value}" for name, value in details.labels] for label in view.label)
        if has_all_labels and all(wish is None or value in list[object](wish) for wish, value in wishes):
            found.append((key, state.value, details))
    return found


def rows_of(view: View) -> list[Named]:
    return [(one.key, one.shown.state.value, one.details) for one in ROWS if view.shows(one)]


def some_of(*values: str) -> st.SearchStrategy[frozenset[str] | None]:
    return st.none() | st.frozensets(st.sampled_from(values))


views = st.builds(
    View,
    channel=some_of(*CHANNELS),
    state=st.none() | st.frozensets(st.sampled_from(SessionState)),
    session=some_of(*KEYS),
    parent=some_of("ci:7", "web:1"),
    label=st.just(frozenset()) | st.frozensets(st.sampled_from(LABELS)),
)
usual_views = st.builds(
    View,
    channel=some_of(*CHANNELS),
    state=st.none() | st.frozensets(st.sampled_from(SessionState)),
    session=some_of(*KEYS),
)


# view: Rule 1
@given(views | usual_views)
def test_a_view_shows_the_rows_that_have_one_value_of_each_field(view: View) -> None:
    assert rows_of(view) == shown_by(view)


# view: Rule 3
@given(usual_views | views, usual_views | views)
def test_a_view_within_another_shows_the_rows_that_both_show(view: View, scope: View) -> None:
    assert rows_of(view.within(scope)) == [one for one in shown_by(view) if one in shown_by(scope)]


@given(views, views, views)
def test_it_does_not_matter_in_which_order_views_narrow_or_how_often(a: View, b: View, c: View) -> None:
    assert a.within(b) == b.within(a)
    assert a.within(b).within(c) == a.within(b.within(c))
    assert a.within(a) == a
    assert a.within(b).within(b) == a.within(b)


@given(views)
def test_the_whole_narrows_nothing_and_is_narrowed_to_the_other(view: View) -> None:
    assert view.within(WHOLE) == view
    assert WHOLE.within(view) == view


# view: Rule 2
@given(views, views)
def test_views_are_spelled_alike_and_hashed_alike_if_and_only_if_they_are_equal(a: View, b: View) -> None:
    assert (a.query() == b.query()) == (a == b)
    again = View(a.channel, a.state, a.session, a.parent, a.label)
    assert (again, hash(again), again.query()) == (a, hash(a), a.query())


@given(views)
def test_a_spelling_is_a_query_that_asks_for_the_view(view: View) -> None:
    if frozenset() in (view.channel, view.state, view.session, view.parent):
        return
    assert parse_view(parse_qsl(view.query(), strict_parsing=view != WHOLE)) == view


def test_a_spelling_is_sorted_whatever_the_order_in_which_values_came() -> None:
    for channels in permutations(["web", "ci", "api"]):
        fields = [("label", "b:2"), ("channel", ",".join(channels)), ("session", "web:2"), ("session", "web:1")]
        fields += [("state", "thinking,error"), ("label", "a:1"), ("parent", "ci:7")]
        assert parse_view(fields).query() == (
            "channel=api,ci,web&state=error,thinking&session=web:1&session=web:2&parent=ci:7&label=a:1&label=b:2"
        )


def test_what_a_query_would_read_as_something_else_is_percent_encoded_in_a_spelling() -> None:
    assert View(session=frozenset({"größe:5 %&=+#,/"})).query() == "session=gr%C3%B6%C3%9Fe:5%20%25%26%3D%2B%23%2C/"


def test_the_whole_has_an_empty_spelling() -> None:
    assert WHOLE.query() == ""
    assert WHOLE.is_whole
    assert not WHOLE.is_empty


@pytest.mark.parametrize(
    "view",
    [View(channel=frozenset()), View(state=frozenset()), View(session=frozenset()), View(parent=frozenset())],
)
def test_an_empty_set_shows_nothing_and_is_not_the_whole(view: View) -> None:
    assert rows_of(view) == []
    assert view.is_empty
    assert not view.is_whole
    assert view.query().endswith("=")


def test_two_values_of_one_label_show_nothing() -> None:
    assert View(label=frozenset({"team:web", "team:ci"})).is_empty
    assert not View(label=frozenset({"team:web", "path:web"})).is_empty


# view: Rule 8
@pytest.mark.parametrize(
    ("scope", "known"),
    [
        ({"channel": {"ci"}}, ["ci:7", "ci:8"]),
        ({"session": {"web:1", "ci:8"}}, ["ci:8"]),
        ({"label": {"team:web"}}, ["ci:7"]),  # whether an ended one had the label is not known
        ({"label": {"team:web"}, "channel": {"web"}}, []),
        ({"parent": {"ci:8"}}, ["ci:8"]),
        ({"parent": {"web:9"}}, ["ci:7"]),
    ],
)
def test_a_scope_hides_the_parents_that_it_does_not_show(scope: dict[str, set[str]], known: list[str]) -> None:
    fold: dict[str, Row] = {}
    source = Source(SOURCE.known, fold)
    shown = Shown(THINKING, None, None, None, 0, 0)
    fold["ci:7"] = Row("ci:7", shown, source, Details((("team", "web"),), "web:9"))
    fields: dict[str, Any] = {name: frozenset(values) for name, values in scope.items()}
    allowed = View(**fields)
    for parent in ("ci:7", "ci:8"):
        child = Row("web:1", shown, source, Details((("team", "web"),), parent))
        whole = WHOLE.narrowed_to(allowed)
        assert whole.parent_of(child) == (parent if parent in known else None)
        view = View(parent=frozenset({parent}))
        assert view.parent_of(child) == parent
        is_in_scope = allowed.shows(child)
        assert view.narrowed_to(allowed).shows(child) is (is_in_scope and parent in known)


@pytest.mark.parametrize(
    ("view", "scope", "follows"),
    [
        (View(parent=frozenset({"web:1"})), View(label=frozenset({"team:web"})), True),
        (View(parent=frozenset({"web:1"})), View(channel=frozenset({"web"})), False),
        (View(parent=frozenset({"web:1"})), WHOLE, False),
        (WHOLE, View(label=frozenset({"team:web"})), False),
        (WHOLE.with_fields(("parent",)), View(label=frozenset({"team:web"})), True),
        (WHOLE.with_fields(("parent",)), View(channel=frozenset({"web"})), False),
    ],
)
def test_a_view_follows_parents_if_they_decide_and_more_than_a_key_decides_of_them(
    view: View, scope: View, follows: bool
) -> None:
    assert view.narrowed_to(scope).follows_parents is follows


# view: Rule 6
def test_a_view_that_asks_for_fields_is_another_one_also_within_a_scope() -> None:
    web = View(channel=frozenset({"web"}))
    asked = web.with_fields(("labels", "link"))
    assert asked != web
    assert asked.query() == "channel=web&fields=labels,link"
    assert not WHOLE.with_fields(("labels",)).is_whole
    assert web.with_fields(()) is web
    assert asked.narrowed_to(View(label=frozenset({"team:web"}))).fields == asked.fields


# view: Rule 6
def test_a_view_that_asks_which_sessions_are_stalled_is_another_one_for_each_number_of_seconds() -> None:
    web = View(channel=frozenset({"web"}))
    asked = web.with_fields(("labels",)).with_stalled(600)
    assert asked not in {web, web.with_fields(("labels",)), web.with_fields(("labels",)).with_stalled(60)}
    assert asked == web.with_stalled(600).with_fields(("labels",))
    assert asked.query() == "channel=web&fields=labels&stalled=600"
    assert not WHOLE.with_stalled(600).is_whole
    assert web.with_stalled(None) is web
    assert asked.narrowed_to(View(label=frozenset({"team:web"}))).stalled == 600
    assert WHOLE.with_stalled(600).narrowed_to(web) != web.narrowed_to(web)


def test_a_hash_is_made_once() -> None:
    class Counted(frozenset[str]):
        hashes = 0

        def __hash__(self) -> int:
            Counted.hashes += 1
            return super().__hash__()

    view = View(session=Counted({"web:1"}))
    made = Counted.hashes
    assert {view: 1}[view] == 1
    assert Counted.hashes == made


def test_a_view_of_a_reader_with_a_scope_shows_what_both_show_and_is_that_scopes_own() -> None:
    # view: Rule 4
    web = View(channel=frozenset({"web"}))
    one, other = View(session=frozenset({"web:1"})), View(session=frozenset({"ci:1"}))
    narrowed = one.narrowed_to(web)
    assert (narrowed.session, narrowed.channel, narrowed.scope) == (one.session, web.channel, web)
    assert narrowed != one.within(web)
    assert narrowed == one.within(web).narrowed_to(web)
    assert narrowed != WHOLE.narrowed_to(one.within(web))
    assert hash(narrowed) == hash(one.narrowed_to(View(channel=frozenset(["web"]))))
    assert not other.narrowed_to(web).shows(row("ci:1"))
    assert not WHOLE.narrowed_to(web).is_whole
    assert WHOLE.narrowed_to(WHOLE) is WHOLE
    assert one.narrowed_to(WHOLE) is one


def test_a_view_that_is_counted_shows_the_same_rows_and_is_another_view_whatever_narrows_it() -> None:
    # view: Rule 5
    web, scope = View(channel=frozenset({"web"})), View(session=frozenset({"web:1", "ci:1"}))
    for view in (WHOLE, web):
        counted = view.counted_by("label.größe")
        assert rows_of(counted) == rows_of(view)
        assert not counted.is_whole
        assert len({view, counted, view.counted_by("state")}) == 3
        assert counted.narrowed_to(WHOLE) is counted
        assert counted.narrowed_to(scope) == view.narrowed_to(scope).counted_by("label.größe")
        assert counted.within(scope) == view.within(scope).counted_by("label.größe")
        assert counted.query() == f"{view.query()}&by=label.gr%C3%B6%C3%9Fe".removeprefix("&")
    assert WHOLE.within(web).by is None
