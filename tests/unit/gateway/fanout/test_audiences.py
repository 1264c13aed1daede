"""Which views a changed row concerns, and what is kept of views that nobody reads any more."""

import pytest

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.wire import SessionRecord, SessionState
from chaos.workers.reports import session
from tests.support.builders.viewing import Middle, channel, only

IN_ERROR = View(state=frozenset({SessionState.ERROR}))


def test_a_change_is_shown_only_to_the_views_that_its_row_can_be_in(monkeypatch: pytest.MonkeyPatch) -> None:
    middle = Middle()
    for view in (only("web:1", "web:9"), only("web:2"), channel("web"), channel("ci"), IN_ERROR):
        middle.join(view)
    asked: list[tuple[str, str]] = []
    put = Audience.put

    def put_and_note(self: Audience, key: str, row: object) -> bool:
        asked.append((self.view.query(), key))
        return put(self, key, row)  # type: ignore[arg-type]

    monkeypatch.setattr(Audience, "put", put_and_note)
    middle.show(session("web:1"))
    assert sorted(asked) == [
        ("", "web:1"),
        ("channel=web", "web:1"),
        ("session=web:1&session=web:9", "web:1"),
        ("state=error", "web:1"),
    ]


def test_a_change_is_shown_to_no_view_that_can_have_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    middle = Middle()
    label, parent, nothing = View(label=frozenset({"team:web", "team:ci"})), View(parent=frozenset()), channel()
    views = (label, parent, nothing, IN_ERROR.within(nothing), IN_ERROR.narrowed_to(label), only("web:1").within(label))
    listeners = [middle.join(view) for view in views]
    asked: list[str] = []
    monkeypatch.setattr(Audience, "put", lambda self, _key, _row: asked.append(self.view.query()))
    middle.show(session("web:1"))
    assert asked == [""]
    for listener in listeners:
        listener.client.closed()
    assert len(middle.audiences) == 0


def test_a_view_has_the_rows_that_it_shows_from_its_first_client_on() -> None:
    middle = Middle()
    middle.show(session("web:1"), session("ci:1"), session("ci:2", "error", error="x", expires_ms=30_000))
    for view, keys in ((channel("ci"), ["ci:1", "ci:2"]), (only("web:1"), ["web:1"]), (IN_ERROR, ["ci:2"])):
        middle.join(view)
        assert middle.shown(view) == keys
    middle.show(session("web:1", "error", error="x", expires_ms=30_000), session("ci:2"))
    assert middle.shown(channel("ci")) == ["ci:2"]
    assert middle.shown(IN_ERROR) == ["web:1"]
    assert middle.shown(WHOLE) == ["ci:2", "web:1"]


def test_clients_of_equal_views_are_one_audience() -> None:
    middle = Middle()
    middle.join(channel("web", "ci"))
    middle.join(channel("ci", "web"))
    assert len(middle.audiences) == 1
    assert len(middle.audiences.of(channel("web", "ci"))) == 2


def test_nothing_is_kept_of_a_view_that_its_last_client_has_left() -> None:
    middle = Middle()
    listeners = [
        middle.join(view, wants_changes=changes)
        for view in (only("web:1"), channel("web"), IN_ERROR)
        for changes in (False, True)
    ]
    middle.show(session("web:1"))
    for listener in listeners:
        middle.hub.leave(listener.client)
    audiences = middle.audiences
    kept = (audiences._by_view, audiences._by_name, audiences._following)
    assert [len(one) for one in kept] == [0, 0, 0]
    assert audiences._filing.is_empty
    assert (len(audiences._due), len(audiences._wanted)) == (1, 1), "those of the whole snapshot"


def test_an_audience_that_was_dropped_is_not_scheduled_any_more() -> None:
    middle = Middle()
    listener = middle.join(channel("web"))
    audience = middle.audiences.of(channel("web"))
    middle.hub.leave(listener.client)
    middle.audiences.schedule(audience)
    assert len(middle.audiences._wanted) == 1


def test_a_look_that_is_given_up_half_way_loses_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    middle = Middle()
    middle.join(channel("web"), wants_changes=True)
    monkeypatch.setattr("agent_status_gateway.fanout.audiences.STEP_ROWS", 1)
    middle.put(session("web:1"), session("web:2"), session("web:3"))
    steps = middle.settling.settle()
    while not middle.shown(channel("web")):
        next(steps)
    steps.close()
    audience = middle.audiences.of(channel("web"))
    assert not audience.cadence.is_due(middle.clock()), "the change is not whole yet"
    middle.look()
    assert middle.shown(channel("web")) == ["web:1", "web:2", "web:3"]
    assert audience.cadence.is_due(middle.clock())


def test_views_that_changes_concern_are_noted_in_steps_and_a_look_that_is_given_up_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agent_status_gateway.fanout.audiences.STEP_AUDIENCES", 1)
    middle = Middle()
    views = [only(f"web:{number}") for number in range(3)]
    for view in views:
        middle.join(view, wants_changes=True)

    def due() -> int:
        return sum(middle.audiences.of(view).cadence.is_due(middle.clock()) for view in views)

    middle.put(*(session(f"web:{number}") for number in range(3)))
    steps = middle.settling.settle()
    while not due():
        next(steps)
    steps.close()
    assert due() == 1
    middle.look()
    assert due() == 3


def test_what_is_due_is_taken_out_once_and_in_the_order_of_its_moments() -> None:
    middle = Middle()
    middle.join(channel("web"), wants_changes=True)
    middle.join(channel("ci"))
    middle.clock.pass_(5.0)
    middle.show(session("web:1"), session("ci:1"))
    assert middle.audiences.due_at == 5.0
    assert middle.audiences.take_due(5.0) is middle.audiences.of(channel("web"))
    assert middle.audiences.take_due(5.9) is None
    assert middle.audiences.due_at == 6.0


def test_only_views_that_say_or_choose_by_what_has_changed_are_concerned_by_details(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def said(team: str, cost_usd: float) -> Details:
        return Details(labels=(("team", team),), cost_usd=cost_usd)

    middle = Middle()
    views = {
        "costs": WHOLE.with_fields(("cost_usd",)),
        "labels": WHOLE.with_fields(("labels",)),
        "team": View(label=frozenset({"team:web"})),
        "counts": WHOLE.counted_by("label.team"),
        "plain": channel("web"),
    }
    for view in views.values():
        middle.join(view)
    middle.show(session("web:1", details=said("web", 1.0)))
    asked: list[str] = []
    put = Audience.put

    def put_and_note(self: Audience, key: str, row: Row | None) -> bool:
        asked.append(self.view.query())
        return put(self, key, row)

    monkeypatch.setattr(Audience, "put", put_and_note)
    middle.show(session("web:1", details=said("web", 2.0)))
    assert asked == [views["costs"].query()]
    asked.clear()
    middle.show(session("web:1", details=said("ci", 2.0)))
    assert sorted(asked) == sorted(views[name].query() for name in ("labels", "team", "counts"))


def test_calls_that_change_nothing_else_are_noted_while_somebody_asks_for_them() -> None:
    middle = Middle()
    rows = middle.settling.current.rows
    reader = middle.join(WHOLE.with_fields(("quiet_seconds",)))
    assert rows.notes_calls
    reader.client.closed()
    assert not rows.notes_calls


def test_a_session_whose_labels_or_parent_differ_enters_and_leaves_views_by_them() -> None:
    middle = Middle()
    team, children = View(label=frozenset({"team:web"})), View(parent=frozenset({"ci:7"}))
    plain = session("web:1")
    labelled = session("web:1", details=Details((("team", "web"),)))
    child = session("web:1", details=Details(parent="ci:7"))
    for view in (team, children):
        middle.join(view)
    shown = []
    for held in (plain, labelled, child, plain):
        middle.show(held)
        shown.append((middle.shown(team), middle.shown(children)))
    assert shown == [([], []), (["web:1"], []), ([], ["web:1"]), ([], [])]


TEAM = View(label=frozenset({"team:web"}))
IN_TEAM = Details((("team", "web"),))


@pytest.mark.parametrize("parents", [[session("ci:7")], []], ids=["it loses the label", "it ends"])
def test_children_are_not_found_by_a_parent_from_the_moment_on_that_a_scope_of_labels_hides_it(
    parents: list[SessionRecord],
) -> None:
    middle = Middle()
    view = View(parent=frozenset({"ci:7"})).narrowed_to(TEAM)
    middle.join(view)
    child = session("web:1", details=IN_TEAM._replace(parent="ci:7"))
    shown = []
    for others in (parents, [session("ci:7", details=IN_TEAM)], parents):
        middle.show(child, *others)
        shown.append(middle.shown(view))
    assert shown == [[], ["web:1"], []]


@pytest.mark.parametrize("parents", [[session("ci:7")], []], ids=["it loses the label", "it ends"])
def test_a_reader_who_asks_for_parents_is_sent_the_children_of_one_that_its_scope_hides_or_shows(
    parents: list[SessionRecord],
) -> None:
    middle = Middle()
    view = WHOLE.with_fields(("parent",)).narrowed_to(TEAM)
    middle.join(view, wants_changes=True)
    child = session("web:1", details=IN_TEAM._replace(parent="ci:7"))
    middle.show(child, *parents)
    audience = middle.audiences.of(view)
    for others in ([session("ci:7", details=IN_TEAM)], parents):
        version = audience._log.version
        middle.show(child, *others)
        assert sorted(audience._log.since(version) or ()) == ["ci:7", "web:1"]
