"""The seconds after which a session is stalled, as a query says them."""

import pytest

from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.stalls.stalled import parse_stalled


@pytest.mark.parametrize(
    ("values", "seconds"), [([], None), (["1"], 1), (["600"], 600), (["0600"], 600), (["86400"], 86_400)]
)
def test_seconds_are_a_whole_number_up_to_a_day(values: list[str], seconds: int | None) -> None:
    assert parse_stalled(values) == seconds


@pytest.mark.parametrize(
    "values", [["0"], ["86401"], [""], ["-1"], ["1.5"], [" 5"], ["²"], ["1e3"], ["true"], ["5", "5"]]
)
def test_anything_else_is_refused_with_a_sentence_that_names_the_field(values: list[str]) -> None:
    expected = r"^`stalled` must be a whole number of seconds, 1 to 86400, once$"
    with pytest.raises(WrongFieldError, match=expected) as raised:
        parse_stalled(values)
    assert raised.value.field == "stalled"
