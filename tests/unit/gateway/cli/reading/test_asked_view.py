"""What `--view` asks for, as a person types it."""

import pytest

from agent_status_gateway.cli.reading.asked_view import can_show, keeps_sessions, parse_asked_view
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.wire import SessionState
from tests.unit.gateway.cli.terminal.snapshots import row


def test_the_fields_are_those_of_a_query_and_may_be_percent_encoded() -> None:
    text = "channel=web,ci&state=waiting_for_user&session=web%3A42&session=w\u00fcb:a,b&label=team:web"
    assert parse_asked_view(text) == View(
        channel=frozenset({"web", "ci"}),
        state=frozenset({SessionState.WAITING_FOR_USER}),
        session=frozenset({"web:42", "w\u00fcb:a,b"}),
        label=frozenset({"team:web"}),
    )
    assert parse_asked_view(None) is WHOLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chanel=web", "'chanel' is not a field; expected 'channel', 'state', 'session', 'parent' or 'label'"),
        ("channel=web&events=all", "'events' is not a field"),
        ("channel=web&&state=error", "'' is not a field"),
        ("?channel=web", "'?channel' is not a field"),
        ("channel=web\udcff&\udcff=1", r"'\udcff' is not a field"),
        ("channel=web\udcff", "`channel` must be a channel: "),
        ("channel=%FF", "must be UTF-8"),
        ("state=busy", "`state` must be 'thinking', 'tool_running'"),
        ("state", "`state` must be"),
        ("channel=", "`channel` must be a channel: not empty"),
        ("label=team", "`label` must be a label `name:value`"),
        ("", "must not be empty"),
        (" ", "must not be empty"),
    ],
)
def test_a_typing_error_is_an_error_that_says_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(ReaderError) as error:
        parse_asked_view(text)
    assert str(error.value).startswith("--view")
    assert said in str(error.value)


def test_a_reader_that_shows_them_may_ask_which_sessions_are_stalled_and_which_have_ended() -> None:
    view = parse_asked_view("channel=web&stalled=300&ended=900", shows_told=True)
    assert view == View(channel=frozenset({"web"}), stalled=300, ended=900)
    assert parse_asked_view("stalled=1", shows_told=True) == View(stalled=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stalled=0", "--view: `stalled` must be a whole number of seconds, 1 to 86400, once"),
        ("stalled=5&stalled=5", "--view: `stalled` must be a whole number of seconds"),
        ("stalled=", "--view: `stalled` must be a whole number of seconds"),
        ("ended=3601", "--view: `ended` must be a whole number of seconds, 1 to 3600, once"),
        ("ended=5m", "--view: `ended` must be a whole number of seconds"),
        ("endet=5", "'endet' is not a field; expected 'channel', 'state', 'session', 'parent', 'label', 'stalled' or"),
    ],
)
def test_wrong_seconds_are_an_error_that_names_the_field(text: str, said: str) -> None:
    with pytest.raises(ReaderError) as error:
        parse_asked_view(text, shows_told=True)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "channel=web&stalled=300",
            "--view: `stalled` means nothing here: only `show` and `watch` tell which",
        ),
        ("ended=no", "--view: `ended` means nothing here: only `show` and `watch` tell which sessions have ended"),
    ],
)
def test_a_reader_that_does_not_show_them_refuses_them(text: str, said: str) -> None:
    with pytest.raises(ReaderError) as error:
        parse_asked_view(text)
    assert str(error.value).startswith(said)


def test_a_row_can_be_in_a_view_if_what_it_tells_of_itself_is_asked_for() -> None:
    view = parse_asked_view("channel=web,ci&state=thinking,error&session=web:1&session=mail:2")
    assert can_show(view, row("web:1", state="error"))
    assert not can_show(view, row("web:1", state="streaming"))
    assert not can_show(view, row("web:2"))
    assert not can_show(view, row("mail:2"))
    assert can_show(parse_asked_view("label=team:web&parent=ci:1"), row("web:1")), "a row tells nothing of these"
    assert can_show(WHOLE, row("web:1"))


def test_a_session_can_leave_a_view_before_its_end_unless_only_its_key_decides() -> None:
    assert keeps_sessions(WHOLE)
    assert keeps_sessions(parse_asked_view("channel=web&session=web:1"))
    for text in ("state=error", "parent=ci:1", "label=team:web"):
        assert not keeps_sessions(parse_asked_view(text))
