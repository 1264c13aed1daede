"""Rows that say more: what they say, to whom, and what of it is news."""

from typing import Any, Final

import orjson
import pytest

from agent_status_gateway.state.fold.row import Row, Shown, Source
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.views.fields import FIELD_NAMES
from agent_status_gateway.state.views.form import MAX_KEPT, DetailedRows, form_of
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report, session

KNOWN: Final = KnownWorker(
    report(1, record("w1", session("web:1", changed_ms=4000, called_ms=1500), host="m1")).decode(), 100.0, 0.0
)
SOURCE: Final = Source(KNOWN)
SHOWN: Final = Shown(SessionState.WAITING_FOR_USER, None, None, None, 0, 0)
SAYS: Final = Details(
    labels=(("team", "web"),),
    parent="ci:7",
    link="https://e.example/",
    waiting_for=WaitingFor.APPROVAL,
    context=(3, 9),
    cost_usd=1.25,
    progress=(1, 4),
)


def written(fields: tuple[str, ...], details: Details = SAYS, scope: View | None = None) -> dict[str, Any]:
    row = Row("web:1", SHOWN, SOURCE, details)
    said: dict[str, Any] = orjson.loads(form_of(fields, scope).json(row, 100.0))
    return {name: value for name, value in said.items() if name not in orjson.loads(row.json(100.0))}


# form: Rule 1
def test_a_row_says_all_that_was_asked_for_set_or_not() -> None:
    assert written(FIELD_NAMES) == {
        "labels": {"team": "web"},
        "parent": "ci:7",
        "link": "https://e.example/",
        "host": "m1",
        "worker_id": "w1",
        "waiting_for": "approval",
        "context": {"used": 3, "window": 9},
        "cost_usd": 1.25,
        "progress": {"done": 1, "of": 4},
        "quiet_seconds": 2.5,
    }
    assert written(FIELD_NAMES, NO_DETAILS) == dict.fromkeys(FIELD_NAMES) | {
        "labels": {},
        "host": "m1",
        "worker_id": "w1",
        "quiet_seconds": 2.5,
    }


# form: Rule 1
@pytest.mark.parametrize("name", FIELD_NAMES)
def test_a_row_says_nothing_that_was_not_asked_for_and_its_plain_fields_come_first(name: str) -> None:
    row = Row("web:1", SHOWN, SOURCE, SAYS)
    text = form_of((name,), None).json(row, 100.0)
    assert text.startswith(row.json(100.0)[:-1])
    assert [*written((name,))] == [name]


@pytest.mark.parametrize(
    ("scope", "parent"),
    [
        (None, "ci:7"),
        (View(channel=frozenset({"web", "ci"})), "ci:7"),
        (View(channel=frozenset({"web"})), None),
        (View(session=frozenset({"web:1"})), None),
        (View(label=frozenset({"team:web"})), None),
        (View(parent=frozenset({"ci:7"})), "ci:7"),
    ],
)
def test_a_parent_that_the_scope_does_not_show_is_not_named(scope: View | None, parent: str | None) -> None:
    assert written(("parent",), scope=scope) == {"parent": parent}


def test_a_parent_that_a_scope_of_labels_shows_from_now_on_is_named_from_now_on() -> None:
    shown: dict[str, Row] = {}
    child = Row("web:1", SHOWN, Source(KNOWN, shown), SAYS)
    form = form_of(("labels", "parent"), View(label=frozenset({"team:web"})))
    assert b'"parent":null' in form.json(child, 100.0)
    shown["ci:7"] = Row("ci:7", SHOWN, SOURCE, Details(labels=(("team", "web"),)))
    assert b'"parent":"ci:7"' in form.json(child, 100.0)


def test_a_row_keeps_the_bytes_of_a_few_forms() -> None:
    row = Row("web:1", SHOWN, SOURCE, SAYS)
    for name in FIELD_NAMES:
        form_of((name,), None).json(row, 100.0)
    assert row.extras is not None
    assert 0 < len(row.extras) <= MAX_KEPT


def rows_of(view: View, *details: Details) -> DetailedRows:
    rows = DetailedRows(view)
    for number, one in enumerate(details):
        rows.put(Row(f"web:{number}", SHOWN, SOURCE, one))
    return rows


# form: Rule 2
def test_why_a_session_waits_is_a_part_of_the_id_only_where_it_is_asked_for() -> None:
    question = SAYS._replace(waiting_for=WaitingFor.QUESTION)
    asks, other = WHOLE.with_fields(("waiting_for",)), WHOLE.with_fields(("labels", "link", "cost_usd"))
    assert rows_of(asks, SAYS).id != rows_of(asks, question).id
    assert rows_of(other, SAYS).id == rows_of(other, question).id
    assert rows_of(asks, SAYS).id == rows_of(asks, SAYS._replace(cost_usd=9.0, labels=(), link=None)).id


# form: Rule 2
def test_the_id_follows_from_the_rows_and_not_from_how_they_came() -> None:
    asks = WHOLE.with_fields(("waiting_for",))
    rows = rows_of(asks, SAYS, NO_DETAILS, SAYS)
    row = rows.by_key["web:0"]
    row.details = SAYS._replace(waiting_for=WaitingFor.REPLY)
    rows.put(row)
    assert rows.id == rows_of(asks, row.details, NO_DETAILS, SAYS).id
    rows.remove("web:2")
    assert rows.id == rows_of(asks, row.details, NO_DETAILS).id
    assert not rows.remove("web:2")
    for key in ("web:0", "web:1"):
        rows.remove(key)
    assert rows.id == rows_of(asks).id
