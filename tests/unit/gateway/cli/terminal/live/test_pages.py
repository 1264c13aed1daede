"""The pages of a live view as lines."""

import pytest
from rich.cells import cell_len

from agent_status_gateway.cli.terminal.live.browsing import Browsing
from agent_status_gateway.cli.terminal.live.keys import Key
from agent_status_gateway.cli.terminal.live.pages import HELP, KEYS_LINE, Page, help_page, list_page, session_page
from agent_status_gateway.cli.terminal.session.facts import OpenedSession
from agent_status_gateway.cli.terminal.view import Known, ReceivedSnapshot, Trouble, View, view
from agent_status_gateway.state.fold.schema import SessionStatus
from tests.unit.gateway.cli.terminal.snapshots import end, row, snapshot, with_ends

MANY = [row(f"web:{number:03}", title=f"Job {number:03}") for number in range(100)]
HOSTILE = ["\x1b]0;owned\x07", "日本語" * 60, "a\u202eb\nc", "👩\u200d💻 " * 60]


def looked(*rows: SessionStatus, trouble: Trouble | None = None) -> View:
    known = Known(received=ReceivedSnapshot(snapshot=snapshot(*rows), text="", at=0), trouble=trouble)
    return view(known, 0, url="http://gateway")


def texts(page: Page) -> list[str]:
    return [line.plain.rstrip() for line in page[0]]


def walked(browsing: Browsing, key: str, times: int, rows: list[SessionStatus]) -> list[str]:
    """The session with the cursor on the screen after each key."""
    shown, seen = looked(*rows), []
    for _ in range(times):
        browsing = browsing.after(key, [one["session_key"] for one in rows])
        lines, browsing = list_page(browsing, shown, 80, 24)
        assert len(lines) <= 24
        marked = [line.plain.split("  ")[0] for line in lines if any(span.style == "reverse" for span in line.spans)]
        seen += marked[:1]
    return seen


@pytest.mark.parametrize(("key", "times"), [(Key.DOWN, 100), (Key.PAGE_DOWN, 100)])
def test_every_session_is_reachable_and_the_cursor_is_always_on_the_screen(key: str, times: int) -> None:
    seen = walked(Browsing(), key, times, MANY)
    assert len(seen) == times
    assert seen[-1] == "Job 099"
    assert key != Key.DOWN or seen == [f"Job {number:03}" for number in range(100)]


def test_a_page_down_and_a_page_up_come_back_to_where_they_began() -> None:
    browsing = Browsing()
    _, browsing = list_page(browsing, looked(*MANY), 80, 24)
    begin = walked(browsing, Key.DOWN, 1, MANY)
    assert begin == ["Job 000"]
    there = browsing.after(Key.PAGE_DOWN, [one["session_key"] for one in MANY])
    _, there = list_page(there, looked(*MANY), 80, 24)
    back = there
    for _ in range(2):
        back = back.after(Key.PAGE_UP, [one["session_key"] for one in MANY])
        _, back = list_page(back, looked(*MANY), 80, 24)
    assert (back.first, back.selected) == (0, "web:000")


def test_sessions_above_and_below_the_screen_are_counted() -> None:
    lines = texts(list_page(Browsing(selected="web:050", place=50, first=40), looked(*MANY), 80, 24))
    assert "… and 40 above: 40 thinking" in lines
    assert lines[-1].startswith("… and ")
    shown = [line for line in lines if line.startswith("Job ")]
    assert f"… and {60 - len(shown)} more: {60 - len(shown)} thinking" == lines[-1]


def test_ends_stand_below_the_list_and_leave_it_two_thirds_of_the_screen() -> None:
    shown = with_ends(snapshot(*MANY), *(end(f"old:{number}") for number in range(50)))
    told = view(Known(received=ReceivedSnapshot(snapshot=shown, text="", at=0)), 0, url="http://gateway")
    lines = texts(list_page(Browsing(), told, 80, 24, has_keys=True))
    assert lines[-9:-2] == ["ended: 50 sessions", *(f"old:{number} ended 2m 10s ago: done" for number in range(6))]
    assert lines[-2:] == ["… and 44 more", KEYS_LINE]
    assert len(lines) == 24


def test_the_headline_says_how_many_need_a_person() -> None:
    page = texts(
        list_page(Browsing(), looked(row("a:1", state="error"), row("a:2", state="waiting_for_user")), 120, 24)
    )
    assert page[0] == "degraded  2 of 5 sessions · up 1h 1m · 2 need a person: 1 waiting for user, 1 in error"
    one = texts(list_page(Browsing(), looked(row("a:1", state="error"), row("a:2")), 120, 24))
    assert one[0].endswith(" · 1 needs a person: 1 in error")
    assert texts(list_page(Browsing(), looked(row()), 120, 24))[0] == "active  1 of 5 sessions · up 1h 1m"


def test_what_is_typed_is_shown_on_the_last_line_and_keys_only_on_request() -> None:
    assert texts(list_page(Browsing(is_typing=True, matching="fix"), looked(row()), 80, 24))[-1] == "/fix"
    assert texts(list_page(Browsing(), looked(row()), 80, 24, has_keys=True))[-1] == KEYS_LINE
    assert KEYS_LINE not in texts(list_page(Browsing(), looked(row()), 80, 24))


@pytest.mark.parametrize("has_keys", [False, True])
@pytest.mark.parametrize(("width", "height"), [(20, 5), (20, 12), (30, 6), (80, 4)])
def test_the_session_with_the_cursor_is_on_the_smallest_screen(width: int, height: int, has_keys: bool) -> None:
    browsing, rows = Browsing(), [row(f"web:{number:03}", title=f"{number:03} job") for number in range(100)]
    for number in range(100):
        browsing = browsing.after(Key.DOWN, [one["session_key"] for one in rows])
        lines, browsing = list_page(browsing, looked(*rows), width, height, has_keys=has_keys)
        marked = [line.plain for line in lines if any(span.style == "reverse" for span in line.spans)]
        assert marked[0].startswith(f"{number:03} job")


def test_on_a_small_screen_figures_go_before_the_address_and_trouble_before_figures() -> None:
    waiting = [row(f"web:{number}", state="waiting_for_user") for number in range(4)]
    lines = texts(list_page(Browsing(), looked(*waiting), 30, 6))
    assert lines[:3] == ["active  4 of 5 sessions · up", "1h 1m · 4 need a person: 4", "waiting for user"]
    trouble = Trouble(reason="nobody answers", retry_at=0)
    assert texts(list_page(Browsing(), looked(*waiting, trouble=trouble), 20, 3))[0] == "reconnecting: nobod…"


def test_the_keys_leave_the_list_three_quarters_of_a_small_screen() -> None:
    lines = texts(list_page(Browsing(), looked(*MANY), 20, 8, has_keys=True))
    assert lines[-2:] == ["q quit · ↑ ↓ move ·", "/ filter · s sort ·…"]
    assert len(lines) == 8


def test_a_session_has_all_that_is_known_of_it_and_its_whole_title() -> None:
    title = " ".join(f"word{number}" for number in range(60))
    opened = OpenedSession(key="web:1", row=row(title=title, host="box-7", labels={"team": "web"}))
    lines = texts(session_page(Browsing(opened="web:1"), opened, looked(row()), 80, 40))
    assert " ".join(lines).split()[:60] == title.split()
    assert [line.split("  ", 1)[0] for line in lines if "  " in line] == [
        *("Key", "State", "In state", "Labels", "Channel", "Host")
    ]
    assert "Key       web:1" in lines


def test_a_session_has_its_children_and_what_the_terminal_has_seen_of_it() -> None:
    children = [row("web:1/1", title="Look for tests"), row("web:1/2")]
    ended = [end("web:1/3", 4.0)]
    seen = [("12:04:11 to now", "thinking, 10s"), ("12:03:00 to 12:04:11", "running bash, 1m 11s")]
    opened = OpenedSession(key="web:1", row=row(), children=children, ended_children=ended, seen=seen)
    lines = texts(session_page(Browsing(opened="web:1"), opened, looked(row()), 80, 40))
    place = lines.index("Children        web:1/1 thinking (Look for tests)")
    assert lines[place + 1 : place + 3] == [
        "                web:1/2 thinking",
        "Ended children  web:1/3 ended 4s ago: done",
    ]
    assert lines[-4:] == [
        *("", "What this terminal has seen"),
        "12:04:11 to now       thinking, 10s",
        "12:03:00 to 12:04:11  running bash, 1m 11s",
    ]


def test_a_session_that_is_gone_says_how_it_ended_if_the_gateway_tells() -> None:
    gone = OpenedSession(key="web:1", row=row(quiet_seconds=9.0), is_open=False, end=end("web:1", outcome="cancelled"))
    lines = texts(session_page(Browsing(opened="web:1"), gone, looked(), 120, 40))
    assert lines[2] == "web:1 ended 2m 10s ago: cancelled"
    assert not [line for line in lines if line.startswith(("In state", "Quiet"))]


def test_a_session_that_is_gone_and_details_that_do_not_come_are_said() -> None:
    gone = OpenedSession(key="web:1", row=row(), is_open=False)
    assert "No session with this key is open any more." in " ".join(
        texts(session_page(Browsing(opened="web:1"), gone, looked(), 120, 40))
    )
    assert not [
        line for line in texts(session_page(Browsing(), gone, looked(), 120, 40)) if line.startswith("In state")
    ]
    nothing = OpenedSession(key="web:1", row=None, problem="no gateway answers")
    assert "details: no gateway answers" in texts(session_page(Browsing(opened="web:1"), nothing, looked(), 80, 40))


def test_an_open_session_says_when_the_snapshot_is_not_current() -> None:
    trouble = Trouble(reason="nobody answers", retry_at=0)
    shown = looked(row(), trouble=trouble)
    page = texts(session_page(Browsing(opened="web:1"), OpenedSession(key="web:1", row=row()), shown, 80, 40))
    assert page[0].startswith("reconnecting: nobody answers")


def test_a_page_that_is_longer_than_the_screen_scrolls_to_its_end_and_no_further() -> None:
    error = " ".join(f"line{number}" for number in range(400))
    opened = OpenedSession(key="web:1", row=row(state="error", error_message=error))
    _, browsing = session_page(Browsing(opened="web:1"), opened, looked(row()), 80, 10)
    lines, browsing = session_page(browsing.after("G", []), opened, looked(row()), 80, 10)
    assert texts((lines, browsing))[-1] == "Channel   web"
    assert browsing.scrolled < 1000
    _, up = session_page(browsing.after("k", []), opened, looked(row()), 80, 10)
    assert up.scrolled == browsing.scrolled - 1


def test_the_help_names_every_key() -> None:
    assert len([line for line in texts(help_page(Browsing(), 120, 40)) if line]) == len(HELP) + 1


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 4), (40, 12), (120, 40)])
def test_nothing_in_a_text_is_obeyed_or_breaks_a_page(text: str, width: int, height: int) -> None:
    hostile = row(f"{text}:{text}", title=text, state="error", error_message=text, host=text, labels={text: text})
    shown = looked(hostile, *MANY[:30])
    choice = Browsing(selected=hostile["session_key"], matching=text, is_typing=True)
    opened = OpenedSession(key=hostile["session_key"], row=hostile, problem=text, parent=hostile, children=[hostile])
    for lines, _ in (
        list_page(choice, shown, width, height, has_keys=True),
        session_page(Browsing(opened="x"), opened, shown, width, height, has_keys=True),
        help_page(Browsing(has_help=True), width, height),
    ):
        assert len(lines) <= height
        assert all(cell_len(line.plain) <= width for line in lines)
        assert not {"\x1b", "\x07", "\u202e", "\n"} & set("".join(line.plain for line in lines))
