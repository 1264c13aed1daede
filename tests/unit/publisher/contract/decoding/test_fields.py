"""The fields of a JSON object."""

import pytest

from agent_status_publisher.contract.decoding.fields import key_of, number_of, optional_text, rows_of, text_of
from agent_status_publisher.contract.report import MAX_SESSIONS, MalformedReportError


def test_a_field_of_its_type_is_given_back() -> None:
    assert key_of({"key": "web:1"}) == "web:1"
    assert number_of({"pid": 7}, "pid", 7, 7) == 7
    assert text_of({"id": ""}, "id") == ""
    assert (optional_text({}, "title", 3), optional_text({"title": "abcd"}, "title", 3)) == (None, "ab…")
    assert (rows_of({}, "ended"), rows_of({"ended": [{}]}, "ended")) == ([], [{}])


@pytest.mark.parametrize("value", [None, True, 1.0, "1", -1, 8])
def test_a_number_of_another_type_or_range_is_malformed_and_named(value: object) -> None:
    with pytest.raises(MalformedReportError, match="pid is not a whole number from 0 to 7"):
        number_of({"pid": value}, "pid", 0, 7)


@pytest.mark.parametrize("value", [1, [], {}])
def test_a_text_of_another_type_is_malformed_and_named(value: object) -> None:
    with pytest.raises(MalformedReportError, match="title is not a text"):
        optional_text({"title": value}, "title", 3)
    with pytest.raises(MalformedReportError, match="id is not a text"):
        text_of({"id": value}, "id")


def test_too_many_rows_are_refused_by_their_size() -> None:
    with pytest.raises(MalformedReportError, match=f"and at most {MAX_SESSIONS}") as caught:
        rows_of({"ended": [{}] * (MAX_SESSIONS + 1)}, "ended")
    assert caught.value.reason == "size"
