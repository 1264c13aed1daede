"""Which views a row may concern, found by what it is filed under."""

import pytest

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.fanout.filing import Filing
from agent_status_gateway.state.views.query import parse_view
from agent_status_publisher.contract.details.details import NO_DETAILS, Details

DETAILS = Details((("agent", "reviewer"), ("team", "web")), "ci:7")


def filed(*queries: str) -> tuple[Filing, list[Audience]]:
    """A filing of these views."""
    filing = Filing()
    audiences = [
        Audience(parse_view(field.split("=", 1) for field in query.split("&")), query, 1.0, lambda: 0.0)  # type: ignore[misc]
        for query in queries
    ]
    for audience in audiences:
        filing.add(audience)
    return filing, audiences


def found(filing: Filing, key: str, now: Details = NO_DETAILS, before: Details | None = None) -> list[str]:
    return sorted(audience.name for audience in filing.concerned(key, now, before))


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("session=web:1&parent=ci:8", "web:2"),
        ("parent=ci:7&channel=tg", None),
        ("channel=web&label=team:ops", "tg:1"),
        ("label=team:web&label=agent:nobody", None),
        ("label=team:web&state=error", None),
    ],
)
def test_a_view_is_filed_under_the_field_that_leaves_the_fewest_rows(query: str, wrong: str | None) -> None:
    filing, _ = filed(query)
    is_by_first_label = "nobody" in query
    assert found(filing, "web:1", DETAILS) == ([] if is_by_first_label else [query])
    assert found(filing, wrong or "web:1", NO_DETAILS if wrong is None else DETAILS) == []


def test_a_row_concerns_the_views_of_what_it_was_before_and_each_once() -> None:
    filing, _ = filed("label=team:web", "parent=ci:7&parent=ci:8", "label=team:ci")
    now = Details((("team", "ci"),), "ci:8")
    assert found(filing, "web:1", now, DETAILS) == ["label=team:ci", "label=team:web", "parent=ci:7&parent=ci:8"]
    assert found(filing, "web:1", NO_DETAILS, DETAILS) == ["label=team:web", "parent=ci:7&parent=ci:8"]
    assert found(filing, "web:1") == []


def test_nothing_is_kept_of_a_view_that_is_taken_out() -> None:
    filing, audiences = filed("session=web:1", "parent=ci:7&parent=ci:8", "channel=web,ci", "label=a:b", "state=error")
    for audience in audiences:
        assert not filing.is_empty
        filing.remove(audience)
    assert filing.is_empty


def test_a_view_that_can_have_no_row_is_filed_nowhere_and_can_be_taken_out() -> None:
    filing, (audience,) = filed("label=team:web&label=team:ci")
    assert filing.is_empty
    filing.remove(audience)
