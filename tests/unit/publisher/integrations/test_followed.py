"""The labels that bridges give the sessions of runs."""

import pytest

from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher


def labels(publisher: RecordingPublisher, key: str = "web:1") -> dict[str, str]:
    return dict(publisher.sessions[key].labels)


# runs: Rule 8
def test_an_outermost_run_labels_its_session_and_the_newest_name_is_shown(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.label("r", agent="reviewer", model=None)
    assert labels(publisher) == {"agent": "reviewer"}
    runs.label("r", model="small")
    runs.label("r", model="large")
    assert labels(publisher) == {"agent": "reviewer", "model": "large"}


# runs: Rule 8
def test_the_next_run_of_a_session_that_waited_replaces_the_labels_of_the_one_before(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.label("r", model="small")
    runs.end("r", asks=True)
    runs.begin("next", session_id="1")
    runs.label("next", model="large")
    assert labels(publisher) == {"model": "large"}


# runs: Rule 8
def test_a_run_inside_another_does_not_label_the_session(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("outer", session_id="1")
    runs.begin("inner", parent="outer")
    runs.label("inner", agent="explorer", model="small")
    runs.label("unknown", agent="nobody")
    assert labels(publisher) == {}


# runs: Rule 8
def test_labels_of_the_agents_own_code_stay_whenever_it_gives_them(publisher: RecordingPublisher, runs: Runs) -> None:
    with publisher.session("web:1", labels={"agent": "mine"}) as session:
        runs.begin("r", session_id="1")
        runs.label("r", agent="reviewer", model="small")
        assert labels(publisher) == {"agent": "mine", "model": "small"}
        session.label("model", "my model")
        runs.label("r", model="large")
        assert labels(publisher) == {"agent": "mine", "model": "my model"}
        session.label("model", None)
        runs.label("r", model="large")
        assert labels(publisher) == {"agent": "mine"}


# runs: Rule 8
def test_labels_of_the_worker_stay() -> None:
    with RecordingPublisher(labels={"agent": "mine"}) as publisher:
        runs = Runs(publisher, "web")
        runs.begin("r", session_id="1")
        runs.label("r", agent="reviewer")
        assert labels(publisher) == {"agent": "mine"}


# runs: Rule 8
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x" * 129, {"agent": "x" * 127 + "…"}),
        ("two\nlines", {"agent": "two lines"}),
        ("", {}),
        (" \t", {}),
        (7, {}),
        (["reviewer"], {}),
    ],
)
def test_a_name_that_cannot_be_a_label_is_cut_or_left_out_and_nothing_is_reported(
    publisher: RecordingPublisher, runs: Runs, name: object, shown: dict[str, str]
) -> None:
    runs.begin("r", session_id="1")
    runs.label("r", agent=name)
    assert labels(publisher) == shown


# runs: Rule 8
def test_a_name_that_changes_the_direction_of_text_does_not_reach_the_dashboard(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.label("r", agent="review\u202eer")
    assert "\u202e" not in labels(publisher).get("agent", "")


def test_after_its_end_a_run_labels_nothing(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r")
    runs.end("r", ValueError("boom"))
    runs.label("r", agent="reviewer")
    assert labels(publisher) == {}
