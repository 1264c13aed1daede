"""The names of what a row says besides."""

import pytest

from agent_status_gateway.state.views.fields import FIELD_NAMES, parse_fields
from agent_status_gateway.state.views.query import WrongFieldError


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ([], ()),
        (["link,labels"], ("labels", "link")),
        (["link", "labels", "link"], ("labels", "link")),
        (["all"], FIELD_NAMES),
        (["labels,all"], FIELD_NAMES),
    ],
)
def test_fields_are_in_one_order_however_they_are_spelled(values: list[str], fields: tuple[str, ...]) -> None:
    assert parse_fields(values) == fields


@pytest.mark.parametrize("value", ["", "labels,", "Labels", "title", "everything"])
def test_an_unknown_or_empty_name_is_refused_with_a_list_of_those_there_are(value: str) -> None:
    with pytest.raises(WrongFieldError, match=r"`fields` must be 'all', 'labels', .* or 'quiet_seconds'") as raised:
        parse_fields(["link", value])
    assert raised.value.field == "fields"
