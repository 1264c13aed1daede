"""`by`, and the group of a row."""

import pytest

from agent_status_gateway.state.fold.row import Row, Source, shown_of
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.summary.grouping import group_of, parse_by
from agent_status_publisher.contract.details.details import Details
from chaos.workers.reports import record, report, session


def row(key: str, worker_id: str = "w1") -> Row:
    known = KnownWorker(report(1, record(worker_id, session(key, "streaming"))).decode(), 0.0, 0.0)
    held = known.session(key)
    assert held is not None
    return Row(key, shown_of(held, known), Source(known))


@pytest.mark.parametrize(
    ("by", "key", "group"),
    [
        ("channel", "web:1", "web"),
        ("channel", "alone", "alone"),
        ("channel", ":nameless", "unknown"),
        ("state", "web:1", "streaming"),
        ("worker", "web:1", "w1"),
        ("label.team", "web:1", None),
    ],
)
def test_a_row_is_in_the_group_that_by_names(by: str, key: str, group: str | None) -> None:
    assert group_of(parse_by([by]))(row(key)) == group


def test_by_a_label_a_row_is_in_the_group_of_its_value() -> None:
    labelled = row("web:1")
    labelled.details = Details((("model", "opus"), ("team", "web")))
    groups = [group_of(parse_by([by]))(labelled) for by in ("label.team", "label.model", "label.web")]
    assert groups == ["web", "opus", None]


def test_rows_are_counted_by_channel_if_the_query_does_not_say_it() -> None:
    assert parse_by([]) == "channel"


@pytest.mark.parametrize("by", ["label.team", "label.größe", "label.a.b", f"label.{64 * 'n'}"])
def test_any_name_that_a_label_can_have_may_be_counted_by(by: str) -> None:
    assert parse_by([by]) == by


@pytest.mark.parametrize(
    "values",
    [
        *([""], ["host"], ["Channel"], ["channel,state"], ["label"], ["label."], ["label.a:b"], ["label.a\n"]),
        *([f"label.{65 * 'n'}"], ["session"], ["channel", "state"], ["channel", "channel"]),
    ],
)
def test_anything_else_and_a_second_value_are_errors_that_say_what_would_be_right(values: list[str]) -> None:
    with pytest.raises(WrongFieldError, match=r"^`by` must be 'channel', 'state', 'worker' or 'label.NAME', once") as e:
        parse_by(values)
    assert (e.value.field, e.value.value) == ("by", values[-1])
