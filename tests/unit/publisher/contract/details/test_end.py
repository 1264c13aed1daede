"""The end of a session as JSON."""

from agent_status_publisher.contract.details.end import EndedRecord, Outcome, ended_json


def test_a_plain_end_says_when_its_run_began() -> None:
    assert ended_json(EndedRecord("web:1", 7)) == {"key": "web:1", "run_ms": 7}


def test_more_of_an_end_is_written_as_far_as_it_is_known() -> None:
    failed = EndedRecord("web:1", 7, 0, Outcome.FAILED, None, "boom")
    assert ended_json(failed) == {"key": "web:1", "run_ms": 7, "ended_ms": 0, "outcome": "failed", "error": "boom"}


def test_an_end_says_the_labels_and_the_parent_of_its_session() -> None:
    labeled = EndedRecord("web:1", 7, 5, Outcome.DONE, labels=(("agent", "reviewer"),), parent="web:0")
    assert ended_json(labeled) == {
        "key": "web:1",
        "run_ms": 7,
        "ended_ms": 5,
        "outcome": "done",
        "labels": {"agent": "reviewer"},
        "parent": "web:0",
    }
