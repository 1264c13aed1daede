"""A view as lines of a terminal."""

import re

import pytest
from rich.cells import cell_len

from agent_status_gateway.cli.terminal.table import draw, ends_of
from agent_status_gateway.cli.terminal.view import Known, ReceivedSnapshot, view
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus
from tests.unit.gateway.cli.terminal.snapshots import end, row, snapshot, with_ends

HOSTILE = [
    *("\x1b[31mred", "[red]markup[/red]", "a\nb", "a\u202eb", "bell\x07"),
    *("日本語" * 40, "x" * 400, "👩\u200d💻 " * 60, "e\u0301\u0301\u0301" * 90),
]


def drawn(*rows: SessionStatus, width: int = 100, height: int | None = None, matching: str = "") -> list[str]:
    known = Known(received=ReceivedSnapshot(snapshot=snapshot(*rows), text="", at=0))
    return [line.plain for line in draw(view(known, 0, url="http://gateway", matching=matching), width, height)]


def many(count: int) -> list[SessionStatus]:
    return [row(f"web:{number:04}", state="streaming" if number % 5 == 0 else "thinking") for number in range(count)]


def test_the_table_shows_what_each_session_does_and_for_how_long() -> None:
    usage = {"input": 12000, "output": 345}
    lines = drawn(row(title="Fix auth bug", state="tool_running", tool_name="bash", token_usage=usage))
    assert lines[0] == "active  1 of 5 sessions · up 1h 1m"
    assert lines[1] == "connected to http://gateway"
    assert lines[3].split() == ["session", "channel", "state", "in", "state", "tokens"]
    assert lines[4].split("  ")[0] == "Fix auth bug"
    assert lines[4].split()[3:] == ["web", "running", "bash", "1m", "15s", "12.3k"]


def test_who_needs_somebody_comes_first() -> None:
    lines = drawn(row("a:1"), row("a:2", state="error"), row("a:3", state="waiting_for_user"))
    assert [line[0] for line in lines[4:]] == ["3", "2", "1"]


def test_a_narrow_terminal_has_what_a_session_does_below_its_name() -> None:
    lines = drawn(row(title="Fix auth bug", state="waiting_for_user"), width=40)
    assert lines[2:] == ["Fix auth bug", "  waiting for user · 1m 15s · web"]


def test_a_stalled_session_is_marked_and_they_are_counted() -> None:
    lines = drawn(row("a:1", stalled=False), row("a:2", stalled=True))
    assert lines[2] == "stalled: 1 of 2 sessions"
    assert [line.split()[:4] for line in lines[5:]] == [
        ["2", "a", "stalled:", "thinking"],
        ["1", "a", "thinking", "1m"],
    ]
    assert not [line for line in drawn(row()) if "stalled" in line], "nobody has asked for it"


def ends_drawn(*ends: EndedStatus, width: int = 100, height: int | None = None, matching: str = "") -> list[str]:
    shown = with_ends(snapshot(), *ends)
    known = Known(received=ReceivedSnapshot(snapshot=shown, text="", at=0))
    looked = view(known, 60, url="http://gateway", matching=matching, ended_seconds=900)
    return [line.plain for line in ends_of(looked, width, height)]


def test_sessions_that_have_ended_have_a_line_each_with_when_and_how() -> None:
    ends = [end("a:1", 10.0), end("a:2", 800.0, outcome="failed", error_message="disk full"), end("a:3", 880.0)]
    assert ends_drawn(*ends) == [
        "ended: 2 sessions",
        "a:1 ended 1m 10s ago: done",
        "a:2 ended 14m 20s ago: failed: disk full",
    ], "one is older by now than was asked for"
    assert ends_drawn(*ends, matching="disk") == ["ended: 1 session", "a:2 ended 14m 20s ago: failed: disk full"]
    assert ends_drawn() == ["ended: no sessions"]


def test_ends_that_have_no_room_are_counted() -> None:
    ends = [end(f"a:{number}", 1.0) for number in range(9)]
    assert ends_drawn(*ends, height=4)[1:] == ["a:0 ended 1m 1s ago: done", "a:1 ended 1m 1s ago: done", "… and 7 more"]
    assert len(ends_drawn(*ends, height=10)) == 10
    assert [len(ends_drawn(*ends, height=height)) for height in (0, 1, 2)] == [0, 1, 2]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_ends_stay_in_their_lines(text: str) -> None:
    for height in (None, 3):
        lines = ends_drawn(end(f"{text}:1", 1.0, title=text, outcome="failed", error_message=text), height=height)
        assert all(cell_len(line) <= 100 for line in lines)
        assert not {"\x1b", "\x07", "\u202e", "\n"} & set("".join(lines))
    assert len(lines) == 2


def test_without_sessions_words_say_so() -> None:
    assert drawn()[-1] == "no open sessions"
    assert drawn(row(), matching="nothing like it")[-1] == "no sessions match"


def test_a_whole_title_is_shown_where_lines_are_not_few() -> None:
    title = " ".join(f"word{number}" for number in range(60))
    lines = drawn(row(title=title), width=80)
    assert [word for line in lines[4:] for word in line.split() if word.startswith("word")] == title.split()


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 5), (40, 20), (80, 24), (200, 60), (80, None)])
def test_nothing_in_a_text_is_obeyed_or_breaks_the_layout(text: str, width: int, height: int | None) -> None:
    hostile = row(f"{text}:{text}", channel=text, title=text, state="tool_running", tool_name=text)
    lines = drawn(hostile, row("a:2", state="error", error_message=text), width=width, height=height)
    assert all(cell_len(line) <= width for line in lines)
    assert height is None or len(lines) <= height
    assert not {"\x1b", "\x07", "\u202e", "\n"} & set("".join(lines))


@pytest.mark.parametrize("height", range(1, 40))
def test_more_sessions_than_lines_are_counted(height: int) -> None:
    lines = drawn(*many(312), width=80, height=height)
    assert len(lines) <= height
    shown = sum(bool(re.match("[0-9]{4} ", line)) for line in lines)
    assert shown >= (height > 1), "there is always one"
    if height < 4:
        return
    hidden = 312 - shown
    assert lines[-1].startswith(f"… and {hidden} more: ")
    assert sum(int(part.split()[0]) for part in lines[-1].partition(": ")[2].split(", ")) == hidden


def test_all_sessions_are_shown_where_they_just_fit() -> None:
    assert drawn(*many(20), width=80, height=24)[-1].startswith("0019 ")
    assert drawn(*many(21), width=80, height=24)[-1] == "… and 2 more: 1 thinking, 1 streaming"


@pytest.mark.parametrize(("width", "most"), [(100, 2), (60, 3)])
def test_a_session_has_few_lines_of_a_screen_whatever_its_texts(width: int, most: int) -> None:
    long = [
        row(f"a:{number}", title="so long " * 50, state="error", error_message="wrong " * 99) for number in range(9)
    ]
    lines = drawn(*long, width=width, height=40)
    assert len(lines) == 9 * most + (4 if width == 100 else 2)


def test_a_huge_error_leaves_room_for_others() -> None:
    lines = drawn(row("a:1", state="error", error_message="so wrong " * 200), row("a:2"), width=80, height=24)
    assert any(line.startswith("2 ") for line in lines)
    assert any("…" in line for line in lines)
