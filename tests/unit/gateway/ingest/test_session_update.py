"""The fields of an update of one session, and what they mean for it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from agent_status_gateway.ingest.session_update import CROWDED, NO_PARENT, SessionUpdate
from agent_status_gateway.ingest.sessions import IngestSessions
from agent_status_publisher.testing import Change, RecordingPublisher
from tests.support.builders.clock import Clock

WAITS = {"state": "waiting_for_user"}
WORKS = {"state": "thinking"}


@pytest.fixture
def sessions(publisher: RecordingPublisher) -> IngestSessions:
    return IngestSessions(publisher, Clock(), 900)


def last(publisher: RecordingPublisher, sessions: IngestSessions, *updates: dict[str, Any]) -> Change:
    """What the session shows after these updates."""
    for update in updates:
        SessionUpdate.model_validate(update).apply("web:1", sessions)
    return publisher.sessions["web:1"]


def test_an_update_may_say_all_of_a_row(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    shown = last(
        publisher,
        sessions,
        WAITS
        | {
            "waiting_for": "approval",
            "title": "Fix",
            "parent": "web:0",
            "link": "https://git.example/7",
            "labels": {"agent": "reviewer", "model": "opus-5"},
            "usage": {"input": 5, "output": 1},
            "context": {"used": 96_000, "window": 200_000},
            "cost_usd": 1.24,
            "progress": {"done": 3, "of": 7},
        },
    )
    assert (shown.state, shown.waiting_for, shown.title, shown.parent) == (
        "waiting_for_user",
        "approval",
        "Fix",
        "web:0",
    )
    assert (shown.link, shown.labels) == ("https://git.example/7", {"agent": "reviewer", "model": "opus-5"})
    assert (shown.input_tokens, shown.output_tokens) == (5, 1)
    assert (shown.context, shown.cost_usd, shown.progress) == ((96_000, 200_000), 1.24, (3, 7))


def test_what_an_update_does_not_name_stays(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    said = {"parent": "web:0", "link": "https://git.example/7", "labels": {"a": "1"}, "cost_usd": 2, "title": "Fix"}
    shown = last(publisher, sessions, WORKS | said, WORKS)
    assert (shown.parent, shown.link, shown.labels, shown.cost_usd, shown.title) == tuple(said.values())


def test_an_open_session_may_get_another_parent_and_other_labels(
    publisher: RecordingPublisher, sessions: IngestSessions
) -> None:
    first = {"parent": "web:0", "labels": {"a": "1", "b": "2"}}
    shown = last(publisher, sessions, WORKS | first, WORKS | {"parent": "web:9", "labels": {"a": None, "c": "3"}})
    assert (shown.parent, shown.labels) == ("web:9", {"b": "2", "c": "3"})


def test_null_removes_a_link(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    shown = last(publisher, sessions, WORKS | {"link": "https://git.example/7"}, WORKS | {"link": None})
    assert shown.link is None


def test_a_reason_goes_with_its_wait(publisher: RecordingPublisher, sessions: IngestSessions) -> None:
    assert last(publisher, sessions, WAITS | {"waiting_for": "question"}).waiting_for == "question"
    assert last(publisher, sessions, WAITS | {"waiting_for": "reply"}).waiting_for == "reply"
    assert last(publisher, sessions, WORKS).waiting_for is None
    assert last(publisher, sessions, WAITS).waiting_for is None


def test_a_failed_session_keeps_what_its_last_update_said(
    publisher: RecordingPublisher, sessions: IngestSessions
) -> None:
    failed = {
        "state": "error",
        "error_message": "boom",
        "labels": {"agent": "reviewer"},
        "progress": {"done": 1, "of": 2},
    }
    shown = last(publisher, sessions, failed)
    assert (shown.state, shown.error_message, shown.labels, shown.progress) == (
        "error",
        "boom",
        {"agent": "reviewer"},
        (1, 2),
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("waiting_for", "lunch"),
        ("waiting_for", "reply"),  # while it works
        ("parent", ""),
        ("parent", "x" * 513),
        ("parent", "a\nb"),
        ("parent", "\ud800"),
        ("link", "javascript:alert(1)"),
        ("link", "https://git.example@evil.example/"),
        ("link", "https://git.example/" + "x" * 2000),
        ("link", ""),
        ("labels", {"": "1"}),
        ("labels", {"a:b": "1"}),
        ("labels", {"a\u202eb": "1"}),
        ("labels", {"a": "x" * 129}),
        ("labels", {"\ud800": "x"}),
        ("labels", {"a": "\ud800"}),
        ("labels", {str(n): "1" for n in range(9)}),
        ("labels", {str(n): "x" * 120 for n in range(5)}),
        ("labels", {str(n): 1 for n in range(100_000)}),
        ("labels", []),
        ("cost_usd", -0.1),
        ("cost_usd", float("nan")),
        ("cost_usd", float("inf")),
        ("cost_usd", 1e17),
        ("cost_usd", "1"),
        ("cost_usd", True),
        ("context", {"used": 1, "window": 2, "more": 3}),
        ("context", {"used": 1, "window": 0}),
        ("context", {"used": -1, "window": 1}),
        ("context", {"used": 1.5, "window": 2}),
        ("context", {"used": 2**53, "window": 2**53}),
        ("context", [1, 2]),
        ("progress", {"done": 8, "of": 7}),
        ("progress", {"done": 1}),
        ("progress", {"done": True, "of": 1}),
    ],
)
def test_what_breaks_a_limit_is_refused_by_its_name(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        SessionUpdate.model_validate(WORKS | {field: value})
    assert {problem["loc"][0] for problem in refused.value.errors()} == {field}
    assert len(refused.value.errors()) <= 2


def test_no_refusal_repeats_what_was_sent() -> None:
    secret = "hunter2\n"
    for wrong in ({"link": secret}, {"parent": secret}, {"labels": {secret: secret}}, {"waiting_for": secret}):
        with pytest.raises(ValidationError) as refused:
            SessionUpdate.model_validate(WORKS | wrong)
        assert "hunter2" not in json.dumps([problem["msg"] for problem in refused.value.errors()])


def test_a_session_is_not_its_own_parent() -> None:
    update = SessionUpdate.model_validate(WORKS | {"parent": "web:1"})
    assert update.problem_for("web:1", {}) == ("parent", NO_PARENT)
    assert update.problem_for("web:2", {}) is None


def test_labels_must_have_room_beside_those_that_are_there() -> None:
    there = {str(n): "1" for n in range(8)}
    assert SessionUpdate.model_validate(WORKS | {"labels": {"new": "1"}}).problem_for("web:1", there) == (
        "labels",
        CROWDED,
    )
    for labels in ({"0": "2"}, {"new": "1", "0": None}, {}):
        assert SessionUpdate.model_validate(WORKS | {"labels": labels}).problem_for("web:1", there) is None
