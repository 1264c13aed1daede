"""The details of a session, parsed: also those of a stranger."""

from typing import Any

import orjson
import pytest

from agent_status_publisher.contract.decoding.details import decode_details, labels_of
from agent_status_publisher.contract.details.details import Details, WaitingFor, details_json
from agent_status_publisher.contract.report import MAX_NUMBER, MalformedReportError, SessionState

WAITING, THINKING = SessionState.WAITING_FOR_USER, SessionState.THINKING
WHOLE = {
    "labels": {"b": "2", "a": "1"},
    "parent": "ci:7",
    "link": "https://example.com",
    "waiting_for": "question",
    "context": [96, 200],
    "cost_usd": 2,
    "progress": [3, 3],
}


def decoded(fields: dict[str, Any], state: SessionState = WAITING) -> Details | None:
    return decode_details({"key": "web:1"} | fields, "web:1", state)


def test_a_session_that_says_nothing_has_no_details() -> None:
    assert decoded({}) is None
    assert decoded(dict.fromkeys(WHOLE)) is None
    assert decoded({"labels": {}}) is None


def test_each_part_is_read() -> None:
    expected = Details(
        (("a", "1"), ("b", "2")), "ci:7", "https://example.com", WaitingFor.QUESTION, (96, 200), 2.0, (3, 3)
    )
    found = decoded(WHOLE)
    assert found
    assert found == expected
    assert type(found.cost_usd) is float
    assert decoded(orjson.loads(orjson.dumps(details_json(expected)))) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", ["a"]),
        ("labels", {"a": 1}),
        ("labels", {"a": None}),
        ("parent", 7),
        ("link", ["https://example.com"]),
        ("waiting_for", True),
        ("context", 96),
        ("context", [96]),
        ("context", [96, 200, 3]),
        ("context", [96, None]),
        ("context", [96, 200.0]),
        ("context", {"used": 96}),
        ("cost_usd", "1.24"),
        ("cost_usd", True),
        ("progress", [True, 7]),
        ("progress", "3/7"),
    ],
)
def test_a_part_of_a_wrong_type_is_malformed_and_named(name: str, value: object) -> None:
    with pytest.raises(MalformedReportError, match=f"{name} is not") as caught:
        decoded(WHOLE | {name: value})
    assert caught.value.reason == "type"


# details: Rule 1
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", {"a:b": "1"}),
        ("parent", ""),
        ("parent", "web:1"),
        ("parent", "x" * 513),
        ("link", ""),
        ("link", "javascript:alert(1)"),
        ("context", [5, 0]),
        ("context", [-1, 200]),
        ("context", [5, MAX_NUMBER + 1]),
        ("cost_usd", -0.01),
        ("cost_usd", 1e300),
        ("progress", [8, 7]),
        ("progress", [0, 0]),
        ("progress", [-1, 7]),
    ],
)
def test_a_part_that_breaks_a_limit_is_left_out_and_the_others_are_read(name: str, value: object) -> None:
    expected = decoded({other: WHOLE[other] for other in WHOLE if other != name})
    assert expected
    assert decoded(WHOLE | {name: value}) == expected
    assert decoded({name: value}) is None


# details: Rule 2
@pytest.mark.parametrize(("state", "reason"), [(WAITING, "a sign"), (THINKING, "question")])
def test_a_reason_that_is_not_known_or_of_another_state_is_left_out(state: SessionState, reason: str) -> None:
    assert decoded({"waiting_for": reason}, state) is None


def test_a_worker_has_labels_as_a_session_has() -> None:
    assert labels_of({}) == ()
    assert labels_of({"labels": {"team": "web", "x" * 65: "y"}}) == (("team", "web"),)
    with pytest.raises(MalformedReportError, match="labels is not an object of texts"):
        labels_of({"labels": "team=web"})
