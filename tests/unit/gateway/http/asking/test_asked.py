"""What a request asks for, by its query: how it is decoded, what is refused, and that it is parsed once."""

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.access.keys.reader import ANYONE, Reader
from agent_status_gateway.http.asking.asked import (
    ASKED,
    EVENT_KINDS,
    EVENTS_EXPECTED,
    PLAIN,
    TEXT_EXPECTED,
    Asked,
    asked_by,
    by_spelling,
    query_fields,
    summary_asked_by,
    summary_view_asked_by,
    view_asked_by,
)
from agent_status_gateway.state.views.query import FIELDS, MAX_VALUES, WrongFieldError
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.wire import SessionState

NAMES = by_spelling("events", *FIELDS)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def scope(query: bytes | str) -> dict[str, Any]:
    return {"type": "http", "query_string": query.encode() if isinstance(query, str) else query}


def asked(query: bytes | str) -> Asked:
    return asked_by(scope(query), ANYONE)


def refused(query: bytes | str) -> WrongFieldError:
    with pytest.raises(WrongFieldError) as raised:
        asked(query)
    return raised.value


def sessions(*keys: str) -> View:
    return View(session=frozenset(keys))


@pytest.mark.parametrize(
    "query", ["", "&", "key=geheim", "x", "=", "&&=&", "chanel=web", "session%3Dweb=1", "Events=x"]
)
def test_a_query_without_a_field_that_is_ours_asks_for_what_no_query_does(query: str) -> None:
    assert asked(query) == PLAIN == Asked(WHOLE, wants_changes=False, wants_feed=False)
    assert view_asked_by(scope(query), ANYONE) == WHOLE


@pytest.mark.parametrize(
    ("query", "wants_changes", "wants_feed"),
    [
        ("events=status", False, False),
        ("events=all", False, True),
        ("events=feed", False, True),
        ("events=status,feed", False, True),
        ("events=changes", True, False),
        ("events=status,changes", True, False),
        ("events=changes,feed", True, True),
        ("events=changes%2Cfeed", True, True),
        ("events=all&events=changes", True, True),
        ("events=feed&events=status&events=feed", False, True),
        ("events=status,status,status", False, False),
        ("key=events&events=changes&events_=feed", True, False),
    ],
)
def test_repeats_of_events_are_united_and_changes_take_the_place_of_snapshots(
    query: str, *, wants_changes: bool, wants_feed: bool
) -> None:
    assert asked(query) == Asked(WHOLE, wants_changes, wants_feed)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("events=", ""),
        ("events", ""),
        ("events=changes,", ""),
        ("events=,feed", ""),
        ("events=all&events=", ""),
        ("events=everything", "everything"),
        ("events=Status", "Status"),
        ("events=status, feed", " feed"),
        ("events=all&events=change", "change"),
    ],
)
def test_an_unknown_or_empty_kind_of_events_is_refused_with_a_list_of_those_there_are(query: str, kind: str) -> None:
    error = refused(query)
    assert (error.field, error.value, error.expected) == ("events", kind, EVENTS_EXPECTED)
    assert all(f"'{known}'" in EVENTS_EXPECTED for known in EVENT_KINDS)


def test_events_mean_nothing_where_there_is_no_stream() -> None:
    assert view_asked_by(scope("events=nonsense&session=web:1&events=%FF"), ANYONE) == sessions("web:1")


def test_a_view_and_events_are_asked_for_together() -> None:
    view = View(channel=frozenset({"web", "ci"}), state=frozenset({SessionState.ERROR}))
    assert asked("channel=web&events=changes,feed&state=error&channel=ci&key=x") == Asked(view, True, True)


@pytest.mark.parametrize(
    ("query", "view"),
    [
        (b"session=web:1", sessions("web:1")),
        (b"session=web%3A1", sessions("web:1")),
        (b"session=web%3a1", sessions("web:1")),
        (b"%73ession=%77%65%62%3a%31", sessions("web:1")),
        (b"session=a+b", sessions("a b")),
        (b"session=a%20b", sessions("a b")),
        (b"session=a%2Bb", sessions("a+b")),
        (b"session=a%26b%3Dc", sessions("a&b=c")),
        (b"session=a=b", sessions("a=b")),
        (b"session=a;b", sessions("a;b")),
        (b"session=a%2Cb,c", sessions("a,b,c")),
        (b"session=gr%C3%B6%c3%9fe", sessions("größe")),
        ("session=größe".encode(), sessions("größe")),
        (b"session=%F0%9F%98%80", sessions("😀")),
        (b"session=100%", sessions("100%")),
        (b"session=%zz%4", sessions("%zz%4")),
        (b"session=%2541", sessions("%41")),
        (b"session=%u00e9", sessions("%u00e9")),
        (b"session=a&&session=b&", sessions("a", "b")),
        (b"channel=web%2Cci", View(channel=frozenset({"web", "ci"}))),
    ],
)
def test_names_and_values_are_decoded_as_browsers_encode_them(query: bytes, view: View) -> None:
    assert asked(query).view == view
    assert view_asked_by(scope(query), ANYONE) == view


@given(st.lists(st.tuples(st.sampled_from(["session", "events", "label", "key", "größe", ""]), texts)))
def test_what_urlencode_writes_is_read_as_it_was(fields: list[tuple[str, str]]) -> None:
    ours = [(name, value) for name, value in fields if name in NAMES.values()]
    for query in (urlencode(fields), urlencode(fields, quote_via=quote)):
        assert [*query_fields(query.encode(), NAMES)] == ours


@given(st.text("session=&%+%41%2", max_size=60))
def test_whatever_ascii_there_is_is_read_as_the_standard_library_reads_it(query: str) -> None:
    everything = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    truth = [(name, value) for name, value in everything if name in NAMES.values()]
    if any("\udc80" <= character <= "\udcff" for _, value in truth for character in value):
        with pytest.raises(WrongFieldError, match="UTF-8"):
            [*query_fields(query.encode(), NAMES)]
    else:
        assert [*query_fields(query.encode(), NAMES)] == truth


@pytest.mark.parametrize("query", ["fields=labels&stalled=60&channel=web", "channel=web&stalled=060&fields=labels"])
def test_fields_and_stalls_are_a_part_of_the_view_however_they_are_spelled(query: str) -> None:
    view = View(channel=frozenset({"web"})).with_fields(("labels",)).with_stalled(60)
    assert asked(query).view == view_asked_by(scope(query), ANYONE) == view


@pytest.mark.parametrize("query", ["fields=labels", "stalled=60", "stalled=x"])
def test_a_summary_has_neither_fields_nor_stalls(query: str) -> None:
    for ask in (summary_asked_by, summary_view_asked_by):
        with pytest.raises(WrongFieldError, match="a summary has no rows") as raised:
            ask(scope(query), ANYONE)
        assert raised.value.field == query.partition("=")[0]


@pytest.mark.parametrize("field", ["events", "fields", "stalled", *FIELDS])
@pytest.mark.parametrize(
    "value", [b"%FF", b"%C3", b"\xff\xfe", b"web%C3%28", b"%ED%A0%80", b"%C0%AF", b"%F4%90%80%80", b"error,%80"]
)
def test_a_value_that_is_not_utf_8_is_refused_and_the_field_is_named(field: str, value: bytes) -> None:
    error = refused(b"key=geheim&" + field.encode() + b"=" + value)
    assert (error.field, error.expected) == (field, TEXT_EXPECTED)
    error.value.encode()


@pytest.mark.parametrize("query", [b"\xff=1", b"%FF=%FF&key=%FF", b"x=\xff\xfe"])
def test_fields_that_are_not_ours_may_have_any_bytes(query: bytes) -> None:
    assert asked(query) == PLAIN


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=asleep", "state"), ("session=", "session"), ("session", "session"), ("channel=web,,ci", "channel")],
)
def test_a_wrong_value_of_a_view_names_its_field(query: str, field: str) -> None:
    assert refused(f"events=all&{query}").field == field
    with pytest.raises(WrongFieldError) as raised:
        view_asked_by(scope(query), ANYONE)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("session=web:1&" * 10_000, "session"),
        ("events=" + "all," * 10_000, "events"),
        ("channel=" + "web," * 10_000, "channel"),
        ("session=" + "x" * 8_000, "session"),
        ("session=" + "%61" * 2_700, "session"),
        ("label=a:" + "+" * 8_000, "label"),
    ],
)
def test_a_query_that_is_far_too_long_is_refused_by_a_sentence(query: str, field: str) -> None:
    error = refused(query)
    assert error.field == field
    assert len(str(error)) < MAX_VALUES * 2


def test_ten_thousand_fields_that_are_not_ours_and_as_many_repeats_of_events_are_no_error() -> None:
    assert asked("x=1&%78=2&" * 5_000 + "session=web:1").view == sessions("web:1")
    assert asked("events=changes&" * 10_000 + "session=web:1") == Asked(sessions("web:1"), True, False)


def test_a_query_is_parsed_once_for_each_request() -> None:
    request = scope("session=web:1&key=geheim")
    first = asked_by(request, ANYONE)
    request["query_string"] = b"events=nonsense"
    assert asked_by(request, ANYONE) is first
    assert asked(b"session=web:2").view == sessions("web:2"), "another request has its own"


def test_a_request_without_a_query_keeps_nothing() -> None:
    request = scope("")
    assert asked_by(request, ANYONE) is PLAIN
    assert ASKED not in request


def test_a_key_and_a_ticket_are_in_nothing_that_is_kept_and_in_no_error() -> None:
    request = scope("key=geheim&ticket=geheim&session=web:1&key=geheim")
    asked_by(request, ANYONE)
    assert "geheim" not in repr(request[ASKED])
    error = refused("key=geheim&state=asleep&ticket=geheim")
    assert "geheim" not in repr([str(error), vars(error)])


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("", WHOLE.counted_by("channel")),
        ("chanel=web&events=feed", WHOLE.counted_by("channel")),
        ("by=label.gr%C3%B6%C3%9Fe", WHOLE.counted_by("label.größe")),
        ("session=web:1&by=worker", sessions("web:1").counted_by("worker")),
    ],
)
def test_a_summary_is_of_a_view_that_says_by_what_its_rows_are_counted(query: str, view: View) -> None:
    asked = summary_asked_by(scope(query), ANYONE)
    assert asked == Asked(view, wants_changes=False, wants_feed="events=feed" in query)
    assert summary_view_asked_by(scope(query), ANYONE) == view
    assert view_asked_by(scope(query), ANYONE).by is None
    assert asked_by(scope(query), ANYONE).view.by is None


def test_a_summary_is_narrowed_to_what_its_reader_may_see_each_time_and_parsed_once() -> None:
    request, limit = scope("by=state&channel=web,ci"), View(channel=frozenset({"web"}))
    for _ in range(2):
        expected = View(channel=frozenset({"web"}), scope=limit, by="state")
        assert summary_asked_by(request, Reader("web", limit)).view == expected
        assert summary_view_asked_by(request, Reader("web", limit)) == expected
    assert request[ASKED].view == View(channel=frozenset({"web", "ci"}), by="state")


@pytest.mark.parametrize("kinds", ["changes", "status,changes", "summary", ""])
def test_a_stream_of_summaries_has_no_changes_and_says_so(kinds: str) -> None:
    with pytest.raises(WrongFieldError, match=r"^`events` must be 'status', 'feed' or 'all', .* has no changes$") as e:
        summary_asked_by(scope(f"events={kinds}"), ANYONE)
    assert e.value.field == "events"


@pytest.mark.parametrize("query", ["by=", "by=%FF", "by=host", "by=state&by=state", "state=asleep"])
def test_a_wrong_field_of_a_summary_is_named(query: str) -> None:
    for ask in (summary_asked_by, summary_view_asked_by):
        with pytest.raises(WrongFieldError) as raised:
            ask(scope(query), ANYONE)
        assert raised.value.field == query.partition("=")[0]
