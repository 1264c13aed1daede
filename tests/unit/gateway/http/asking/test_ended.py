"""How long ago sessions may have ended that a view tells."""

import pytest

from agent_status_gateway.http.asking.ended import parse_ended
from agent_status_gateway.state.views.query import WrongFieldError


@pytest.mark.parametrize(
    ("values", "seconds"), [([], None), (["1"], 1), (["900"], 900), (["3600"], 3600), (["007"], 7)]
)
def test_the_seconds_are_a_whole_number_up_to_an_hour(values: list[str], seconds: int | None) -> None:
    assert parse_ended(values) == seconds


@pytest.mark.parametrize("value", ["", "0", "3601", "99999", "-1", "1.5", "1e3", " 9", "9 ", "all", "٣", "1,2"])
def test_another_value_is_refused_with_what_would_be_right(value: str) -> None:
    with pytest.raises(WrongFieldError, match="`ended` must be a whole number of seconds, 1 to 3600, once") as raised:
        parse_ended([value])
    assert (raised.value.field, raised.value.value) == ("ended", value)


def test_two_values_are_refused() -> None:
    with pytest.raises(WrongFieldError, match="once"):
        parse_ended(["60", "60"])
