"""What a session says of itself besides its state: labels, a parent, a link."""

from collections.abc import Callable
from typing import Any

import pytest

from agent_status_publisher import InvalidCallError, Session
from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.settings import Settings
from agent_status_publisher.testing import Change, RecordingPublisher
from agent_status_publisher.worker.diagnostics import Reporter
from agent_status_publisher.worker.sessions.arguments import asked_of
from agent_status_publisher.worker.worker import Worker
from tests.support.builders.clock import Clock
from tests.support.builders.recording import KEY, newest


def reported(publisher: RecordingPublisher) -> list[str]:
    assert all(type(error) is InvalidCallError for error in publisher.errors)
    return [str(error) for error in publisher.errors]


def test_a_session_opens_with_all_that_it_is(publisher: RecordingPublisher) -> None:
    labels = {"model": "opus-5", "agent": "reviewer"}
    session = publisher.session(KEY, "Fix", parent="ci:7", link="https://example.com/pr/7", labels=labels)
    assert newest(publisher) == Change(
        session_key=KEY,
        state=newest(publisher).state,
        title="Fix",
        labels=labels,
        parent="ci:7",
        link="https://example.com/pr/7",
    )
    assert (session.parent, session.link) == ("ci:7", "https://example.com/pr/7")


def test_a_session_names_its_own_labels() -> None:
    with RecordingPublisher(labels={"team": "web"}) as publisher:
        session = publisher.session(KEY, labels={"agent": "reviewer"})
        session.labels["agent"] = "a copy"
        assert session.labels == {"agent": "reviewer"}


def test_labels_are_set_and_taken_away_one_by_one(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY, labels={"agent": "reviewer", "model": "opus-5"})
    session.label("model", "opus-6")
    session.label("empty", "")
    session.label("agent", None)
    session.label("unknown", None)
    assert newest(publisher).labels == {"model": "opus-6", "empty": ""}
    assert publisher.errors == []


def test_a_later_call_keeps_what_it_does_not_name(publisher: RecordingPublisher) -> None:
    publisher.session(KEY, parent="ci:7", link="https://example.com", labels={"agent": "a", "model": "m"})
    publisher.session(KEY, labels={"agent": None, "team": "web"})
    publisher.publish(KEY, "streaming")
    change = newest(publisher)
    assert (change.parent, change.link, change.labels) == ("ci:7", "https://example.com", {"model": "m", "team": "web"})
    publisher.session(KEY, parent="ci:8", link="https://example.com/8")
    assert (newest(publisher).parent, newest(publisher).link) == ("ci:8", "https://example.com/8")


def test_one_call_publishes_all_of_it(publisher: RecordingPublisher) -> None:
    publisher.publish(KEY, "thinking", parent="ci:7", link="https://example.com", labels={"agent": "reviewer"})
    change = newest(publisher)
    assert (change.parent, change.link, change.labels) == ("ci:7", "https://example.com", {"agent": "reviewer"})


def test_a_link_is_changed_and_removed_like_a_title(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.link = "https://example.com"
    assert newest(publisher).link == session.link == "https://example.com"
    session.link = None
    assert newest(publisher).link is session.link is None


def test_labels_parent_and_link_stay_with_the_session_over_its_runs(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY, parent="ci:7", link="https://example.com", labels={"agent": "reviewer"})
    session.error("boom")
    session.thinking()
    first = newest(publisher)
    session.end()
    with session:
        assert newest(publisher) == first
    assert (first.parent, first.link, first.labels) == ("ci:7", "https://example.com", {"agent": "reviewer"})


def test_a_session_that_goes_on_after_its_error_has_expired_is_what_it_was() -> None:
    clock = Clock()
    worker = Worker(Settings(), Reporter(None), None, clock)
    session = Session(worker, KEY)
    session.open(asked_of(KEY, "T", "ci:7", "https://example.com", {"agent": "reviewer"}))
    (first,) = worker.outbox.draft().record.sessions
    session.error("rate limited")
    clock.pass_(60.0)
    assert worker.outbox.draft().record.sessions == ()
    session.thinking()
    (again,) = worker.outbox.draft().record.sessions
    assert again.details == first.details == Details((("agent", "reviewer"),), "ci:7", "https://example.com")


def test_a_handle_that_was_dropped_is_found_again_with_all_of_it(publisher: RecordingPublisher) -> None:
    publisher.session(KEY, parent="ci:7", labels={"agent": "reviewer"})
    again = publisher.session(KEY)
    assert again.parent == "ci:7"
    again.end()
    with again:
        assert newest(publisher).labels == {"agent": "reviewer"}


def test_a_workers_labels_are_those_of_its_sessions_which_may_replace_them() -> None:
    publisher = RecordingPublisher(labels={"team": "web", "env": "prod"})
    publisher.session(KEY, labels={"env": "test"})
    assert newest(publisher).labels == {"team": "web", "env": "test"}
    worker = publisher._newest()
    assert worker
    record = worker.outbox.draft().record
    assert record.labels == (("env", "prod"), ("team", "web"))
    assert record.sessions[0].details
    assert record.sessions[0].details.labels == (("env", "test"),)


def test_a_worker_with_wrong_labels_starts_with_those_that_are_right() -> None:
    publisher = RecordingPublisher(labels={"team": "x" * 129, "env": "prod"})
    publisher.session(KEY)
    assert newest(publisher).labels == {"env": "prod"}
    assert reported(publisher) == [
        "a label was left out: a label's value must have at most 128 characters and no control characters"
    ]
    many = RecordingPublisher(labels={str(number): "x" for number in range(9)})
    assert len(reported(many)) == 1
    assert RecordingPublisher(labels=7).errors  # type: ignore[arg-type] # it must be a mapping


WRONG: dict[str, dict[str, Any]] = {
    "a label was left out: a label's name must have": {"labels": {"a:b": "x"}},
    "a label was left out: a label's value must have": {"labels": {"a": "x\ny"}},
    "a label was left out: a label's name and value must be texts": {"labels": {"a": 1}},
    "labels were left out: they must be a mapping": {"labels": 7},
    "a parent was left out: a parent must be the key of another session": {"parent": KEY},
    "a parent was left out: a parent must be the key of another": {"parent": ["ci:7"]},
    "a link was left out: a link must be an http or https URL": {"link": "javascript:alert(1)"},
    "a link was left out: a link must be an http": {"link": 7},
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_is_wrong_is_left_out_and_reported_and_the_rest_of_the_call_counts(
    publisher: RecordingPublisher, sentence: str
) -> None:
    right = {"parent": "ci:7", "link": "https://example.com", "labels": {"agent": "reviewer"}}
    publisher.session(KEY, "A title", **right | WRONG[sentence])
    change = newest(publisher)
    assert change.title == "A title"
    shown = {"parent": change.parent, "link": change.link, "labels": change.labels}
    assert [name for name in right if shown[name] != right[name]] == list(WRONG[sentence])
    assert len(reported(publisher)) == 1
    assert reported(publisher)[0].startswith(sentence)


def test_a_kind_of_fault_is_reported_once_whatever_the_values() -> None:
    publisher = RecordingPublisher()
    for number in range(5):
        publisher.session(KEY, labels={f"a:{number}": "x"}, link=f"ftp://{number}", parent="\n" * (number + 1))
    assert len(reported(publisher)) == 3


CALLS: dict[str, Callable[[Session], object]] = {
    "label": lambda session: session.label("a" * 65, "x"),
    "link": lambda session: setattr(session, "link", "nowhere"),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_call_changes_nothing_and_is_reported(publisher: RecordingPublisher, call: str) -> None:
    session = publisher.session(KEY, link="https://example.com", labels={"agent": "reviewer"})
    before = newest(publisher)
    CALLS[call](session)
    assert newest(publisher) == before
    assert reported(publisher)[0].startswith(f"a {call} was left out")


def test_the_ninth_label_is_left_out_and_reported_once() -> None:
    publisher = RecordingPublisher(labels={"team": "web"})
    session = publisher.session(KEY, labels={str(number): "x" for number in range(7)})
    assert reported(publisher) == []
    session.label("ninth", "x")
    session.label("tenth", "x")
    session.label("team", "ops")  # it replaces the worker's
    assert newest(publisher).labels == {"team": "ops", **{str(number): "x" for number in range(7)}}
    assert reported(publisher) == [
        "a label was left out: a session has at most 8 labels of 512 bytes together, those of its worker included"
    ]


def test_an_ended_session_says_nothing_and_its_handle_keeps_what_it_was_given(publisher: RecordingPublisher) -> None:
    session = publisher.session(KEY)
    session.end()
    session.label("agent", "reviewer")
    session.link = "https://example.com"
    assert publisher.sessions == {}
    with session:
        assert (newest(publisher).labels, newest(publisher).link) == ({"agent": "reviewer"}, "https://example.com")


def test_a_detached_handle_takes_all_calls(publisher: RecordingPublisher) -> None:
    session = publisher.session("", parent="ci:7", labels={"agent": "reviewer"})
    session.label("agent", "x")
    session.link = "https://example.com"
    assert publisher.changes == []
