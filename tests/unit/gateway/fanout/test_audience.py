"""The readers of one view: what they need, and when it is due."""

from typing import Any

import orjson
import pytest

from agent_status_gateway.fanout.events.update import Update
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import WHOLE, View
from chaos.workers.reports import session
from tests.support.builders.lines import Listener
from tests.support.builders.viewing import Middle, channel

WEB = channel("web")


def update(middle: Middle, *listeners: Listener, view: View = WEB, may_serve: bool = False) -> Update:
    clients = [listener.client for listener in listeners]
    audience, status_of = middle.audiences.of(view), middle.settling.current.global_status
    return at_once(audience.update([clients], status_of, middle.clock(), may_serve=may_serve))


def data_of(event: bytes) -> Any:
    return orjson.loads(event.split(b"\n")[1].removeprefix(b"data: "))


def test_nobody_who_has_the_rows_of_now_needs_anything() -> None:
    middle = Middle()
    assert update(middle, middle.join(WEB, wants_changes=True)) == (
        middle.audiences.of(WEB).rows.id,
        middle.audiences.of(WEB)._log.version,
        None,
        {},
    )


def test_a_reader_of_changes_gets_what_differs_from_its_version_and_what_is_gone() -> None:
    middle = Middle()
    middle.show(session("web:1"), session("web:2"), session("ci:1"))
    listener = middle.join(WEB, wants_changes=True)
    middle.show(session("web:2", "streaming"), session("web:3"), session("ci:1", "streaming"))
    made = update(middle, listener)
    assert made.whole is None
    (change,) = made.changes.values()
    data = data_of(change.event)
    assert data["from"] == data_of_first(listener)
    assert [(row["session_key"], row["state"]) for row in data["sessions"]] == [
        ("web:2", "streaming"),
        ("web:3", "thinking"),
    ]
    assert data["gone"] == ["web:1"]
    assert data["global"]["active_sessions"] == 2


def data_of_first(listener: Listener) -> str:
    return next(line for line in listener.first.decode().splitlines() if line.startswith("id: ")).removeprefix("id: ")


def test_readers_of_one_version_share_a_change_and_those_of_another_get_their_own() -> None:
    middle = Middle()
    old = [middle.join(WEB, wants_changes=True), middle.join(WEB, wants_changes=True)]
    middle.show(session("web:1"))
    newer = middle.join(WEB, wants_changes=True)
    middle.show(session("web:1"), session("web:2"))
    made = update(middle, *old, newer)
    assert len(made.changes) == 2
    keys = sorted([row["session_key"] for row in data_of(change.event)["sessions"]] for change in made.changes.values())
    assert keys == [["web:1", "web:2"], ["web:2"]]


def test_a_version_of_which_nothing_is_known_any_more_needs_a_whole_snapshot() -> None:
    middle = Middle()
    listener = middle.join(WEB, wants_changes=True)
    middle.audiences.of(WEB)._log.forget()
    middle.show(session("web:1"))
    made = update(middle, listener)
    assert made.changes == {}
    assert made.whole is not None
    assert made.whole.version == made.version


def test_titles_ride_along_with_a_change_that_went_away_and_came_back() -> None:
    middle = Middle()
    middle.show(session("web:1", title="One"), session("web:2"))
    listener = middle.join(WEB, wants_changes=True)
    middle.show(session("web:1", "streaming", title="Two"), session("web:2"))
    middle.show(session("web:1", title="Three"), session("web:2"))
    assert update(middle, listener).changes == {}, "the id is the same again"
    middle.show(session("web:1", title="Three"), session("web:2", "streaming"))
    (change,) = update(middle, listener).changes.values()
    assert [row["title"] for row in data_of(change.event)["sessions"]] == ["Three", None]


def test_a_state_that_began_again_is_in_the_change_of_another_session() -> None:
    middle = Middle()
    middle.show(session("web:1", changed_ms=1000), session("web:2", changed_ms=1000))
    listener = middle.join(WEB, wants_changes=True)
    middle.clock.pass_(5.0)
    middle.show(session("web:1", changed_ms=100), session("web:2", changed_ms=6000))
    assert update(middle, listener).changes == {}
    middle.show(session("web:1", changed_ms=100), session("web:2", changed_ms=6000), session("web:3"))
    (change,) = update(middle, listener).changes.values()
    assert [(row["session_key"], row["duration_seconds"]) for row in data_of(change.event)["sessions"]] == [
        ("web:1", 0.1),
        ("web:3", 0.0),
    ]


def test_a_frame_of_a_moment_ago_serves_those_who_wait_but_no_broadcast() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    listener = middle.join(WEB)
    first = update(middle, listener).whole
    assert update(middle, listener, may_serve=True).whole is first
    assert update(middle, listener).whole is not first


def test_a_reader_of_changes_joins_with_the_rows_of_now_and_others_may_get_older_ones_while_a_window_is_open() -> None:
    middle = Middle()
    middle.join(WEB)
    middle.show(session("web:1"))
    audience = middle.audiences.of(WEB)
    assert audience.debounce.is_open
    assert audience.serving(wants_changes=False) is not None
    assert audience.serving(wants_changes=True) is None


def test_news_is_wanted_by_readers_of_snapshots_while_no_window_is_open() -> None:
    middle = Middle()
    middle.join(WEB)
    audience = middle.audiences.of(WEB)
    assert audience.wanted_from <= middle.clock()
    middle.show(session("web:1"))
    assert audience.wanted_from == audience.due_at == 1.0


def test_news_is_wanted_by_readers_of_changes_from_the_end_of_their_window() -> None:
    middle = Middle()
    middle.join(WEB, wants_changes=True)
    audience = middle.audiences.of(WEB)
    middle.show(session("web:1"))
    assert audience.due_at == 0.0, "the first change is due at once"
    audience.cadence.sent(audience.rows.id, 0.0, is_news=True)
    assert audience.wanted_from == 1.0
    assert audience.due_at == float("inf")


def test_a_view_opens_no_window_for_what_it_does_not_show() -> None:
    middle = Middle()
    middle.join(WEB)
    middle.join(WEB, wants_changes=True)
    middle.show(session("ci:1"))
    assert middle.audiences.of(WEB).due_at == float("inf")
    assert middle.audiences.plain.due_at == 1.0


def test_the_first_reader_after_others_have_left_is_sent_the_next_change() -> None:
    middle = Middle()
    keeps_it = middle.join(WEB, wants_changes=True)
    left = middle.join(WEB)
    middle.hub.leave(left.client)
    middle.show(session("web:1"))  # nobody reads snapshots now
    middle.join(WEB)
    middle.show(session("web:1", "streaming"))
    assert middle.audiences.of(WEB).debounce.is_open
    assert keeps_it.client in middle.audiences.of(WEB).change_readers


def test_the_whole_snapshot_is_the_folds_own_rows() -> None:
    middle = Middle()
    middle.show(session("web:1"))
    assert middle.audiences.get(WHOLE) is middle.audiences.plain
    assert middle.audiences.plain.rows is middle.settling.current.rows


def test_a_title_that_changed_before_the_first_reader_of_changes_joined_rides_along() -> None:
    """A frame of a moment ago has an older title, and the same id."""
    middle = Middle()
    middle.show(session("web:1", title="old"), session("web:2"))
    middle.join(WEB)
    middle.show(session("web:1", title="new"), session("web:2"))
    listener = middle.join(WEB, wants_changes=True)
    assert data_of(listener.first)["sessions"][0]["title"] == "old"
    middle.show(session("web:1", title="new"), session("web:2", "streaming"))
    made = update(middle, listener)
    (event,) = [made.whole] if made.whole is not None else made.changes.values()
    assert [row["title"] for row in data_of(event.event)["sessions"] if row["session_key"] == "web:1"] == ["new"]


def test_a_frame_of_another_version_serves_nobody_who_waits() -> None:
    """Its title is older, and what changed after the update's version would never bring the newer one."""
    middle = Middle()
    middle.show(session("web:1", title="old"))
    middle.join(WEB)
    middle.show(session("web:1", title="new"))
    waiting = Listener(middle.hub, None, view=WEB, wants_changes=True)
    made = update(middle, waiting, may_serve=True)
    assert made.whole is not None
    assert made.whole.version == made.version
    assert data_of(made.whole.event)["sessions"][0]["title"] == "new"


@pytest.mark.parametrize("wants_changes", [False, True])
def test_what_was_sent_to_others_long_ago_is_news_to_the_first_reader_that_joins_later(*, wants_changes: bool) -> None:
    middle = Middle()
    middle.show(session("web:1"))
    middle.join(WEB, wants_changes=not wants_changes)  # keeps the view
    middle.join(WEB, wants_changes=wants_changes).client.closed()
    middle.show(session("web:1", "streaming"))
    middle.clock.pass_(5.0)
    late = middle.join(WEB, wants_changes=wants_changes)
    assert data_of(late.first)["sessions"][0]["state"] == "streaming"
    middle.show(session("web:1"))
    audience = middle.audiences.of(WEB)
    assert (audience.cadence if wants_changes else audience.debounce).is_due(6.0)
