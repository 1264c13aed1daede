"""The fields of a query as a view: where they are split, what is refused, and by which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.views.query import (
    A_CHANNEL,
    A_KEY,
    A_LABEL,
    FIELDS,
    MAX_VALUES,
    WrongFieldError,
    one_of,
    parse_view,
)
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.report import check_session_key
from agent_status_publisher.contract.wire import SessionState

ERROR, THINKING = SessionState.ERROR, SessionState.THINKING
LONGEST = "web:" + "x" * 508


def refused(*fields: tuple[str, str]) -> WrongFieldError:
    with pytest.raises(WrongFieldError) as raised:
        parse_view(fields)
    return raised.value


# query: Rule 1
@pytest.mark.parametrize(
    ("fields", "view"),
    [
        ([], WHOLE),
        ([("channel", "web")], View(channel=frozenset({"web"}))),
        ([("channel", "web,ci"), ("channel", "web")], View(channel=frozenset({"web", "ci"}))),
        ([("state", "error,thinking")], View(state=frozenset({ERROR, THINKING}))),
        ([("state", "error"), ("state", "thinking,error")], View(state=frozenset({ERROR, THINKING}))),
        ([("session", "web:1,2")], View(session=frozenset({"web:1,2"}))),
        ([("session", "web:1"), ("session", "web:2")], View(session=frozenset({"web:1", "web:2"}))),
        ([("parent", "ci:7"), ("parent", "a,b")], View(parent=frozenset({"ci:7", "a,b"}))),
        ([("label", "team:web,ci"), ("label", "env:")], View(label=frozenset({"team:web,ci", "env:"}))),
        ([("label", "at:12:30")], View(label=frozenset({"at:12:30"}))),
        ([("session", " größe:ü ")], View(session=frozenset({" größe:ü "}))),
        ([("session", LONGEST)], View(session=frozenset({LONGEST}))),
    ],
)
def test_fields_are_the_values_that_they_have_together(fields: list[tuple[str, str]], view: View) -> None:
    assert parse_view(fields) == view


def test_every_field_that_is_given_counts() -> None:
    values = {"channel": "a", "state": "error"}
    view = parse_view([(field, values.get(field, "a:b")) for field in FIELDS])
    one = frozenset({"a:b"})
    assert view == View(frozenset({"a"}), frozenset({ERROR}), one, one, one)


# query: Rule 3
def test_names_that_are_not_ours_are_ignored_whatever_they_are_given() -> None:
    strange = [("chanel", "web"), ("Channel", ""), ("", ""), ("key", "secret"), ("channel ", "web"), ("_hash", "1")]
    assert parse_view(strange) == WHOLE
    assert parse_view([*strange * 50, ("session", "web:1")]) == View(session=frozenset({"web:1"}))


# query: Rule 2
@pytest.mark.parametrize("field", FIELDS)
def test_an_empty_value_is_refused_and_the_field_is_named(field: str) -> None:
    error = refused(("session", "web:1"), (field, ""))
    assert (error.field, error.value) == (field, "")
    assert str(error) == f"`{field}` must be {error.expected}"


@pytest.mark.parametrize("given", ["web,", ",web", "web,,ci", ","])
@pytest.mark.parametrize("field", ["channel", "state"])
def test_an_empty_value_between_commas_is_refused(field: str, given: str) -> None:
    states = given.replace("web", "error").replace("ci", "thinking")
    assert (refused((field, states if field == "state" else given)).field) == field


@pytest.mark.parametrize("given", ["asleep", "error,asleep", "Error", " error", "error ", "ERROR", "'error'"])
def test_an_unknown_state_is_refused_with_a_list_of_those_there_are(given: str) -> None:
    error = refused(("state", given))
    assert error.value == given.rpartition(",")[2]
    assert error.expected == "'thinking', 'tool_running', 'streaming', 'waiting_for_user' or 'error'"


@pytest.mark.parametrize("field", ["session", "parent"])
@pytest.mark.parametrize("given", [LONGEST + "x", "ü" * 257, "web:\n", "web:\x85", "web:\x00", "web:\ud800"])
def test_what_no_session_key_can_be_is_refused(field: str, given: str) -> None:
    error = refused((field, given))
    assert (error.field, error.value, error.expected) == (field, given, A_KEY)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600))
def test_a_session_key_is_what_the_contract_takes_for_one(given: str) -> None:
    try:
        check_session_key(given)
    except ValueError:
        assert refused(("session", given)).field == "session"
    else:
        assert parse_view([("session", given)]) == View(session=frozenset({given}))


@pytest.mark.parametrize("given", ["web:1", "web,ci:", "x" * 513, "a\tb", "\ud800"])
def test_what_no_channel_can_be_is_refused(given: str) -> None:
    error = refused(("channel", given))
    assert (error.field, error.value, error.expected) == ("channel", given.rpartition(",")[2], A_CHANNEL)


@pytest.mark.parametrize(
    "given",
    ["team", ":web", ":", "n" * 65 + ":v", "n:" + "v" * 129, "a\n:b", "a:b\x7f", "a:\ud800", "\udfff:b"],
)
def test_what_no_label_can_be_is_refused(given: str) -> None:
    error = refused(("label", given))
    assert (error.field, error.value, error.expected) == ("label", given, A_LABEL)


def test_the_longest_label_is_one() -> None:
    longest = "ü" * 64 + ":" + "😀" * 128
    assert parse_view([("label", longest)]) == View(label=frozenset({longest}))


def test_as_many_values_as_there_may_be_are_taken() -> None:
    channels = ",".join(f"c{number}" for number in range(MAX_VALUES - 1))
    view = parse_view([("channel", channels), ("session", "web:1"), ("unknown", "x")])
    assert view.channel is not None
    assert len(view.channel) == MAX_VALUES - 1


@pytest.mark.parametrize(
    "fields",
    [
        [("session", f"web:{number}") for number in range(MAX_VALUES + 1)],
        [("session", "web:1")] * 10_000,
        [("channel", "c," * MAX_VALUES + "c")],
        [("state", "error"), ("channel", ",".join(["c"] * MAX_VALUES))],
        [(field, "a:b") for field in ("session", "parent", "label")] * 34,
    ],
)
def test_one_value_more_is_refused(fields: list[tuple[str, str]]) -> None:
    assert refused(*fields).expected == (
        "one of at most 100 values in channel, state, session, parent and label together"
    )


def test_nothing_is_read_behind_the_first_value_that_is_too_many() -> None:
    fields = iter([("session", "web:1")] * 10_000)
    with pytest.raises(WrongFieldError):
        parse_view(fields)
    assert len([*fields]) == 10_000 - MAX_VALUES - 1


def test_a_list_of_names_reads_as_a_sentence_does() -> None:
    assert one_of(["a", "b", "c"]) == "'a', 'b' or 'c'"
    assert one_of(["a"]) == "'a'"
