"""Pure: the pages of a live view as lines of a terminal: the list, one session, and the help."""

from dataclasses import replace
from typing import Final

from rich.text import Text

from agent_status_gateway.cli.terminal.ended_sessions import end_line
from agent_status_gateway.cli.terminal.live.browsing import Browsing
from agent_status_gateway.cli.terminal.presentation import name, need_words
from agent_status_gateway.cli.terminal.session.facts import OpenedSession, facts_of
from agent_status_gateway.cli.terminal.table import draw_part, ends_of, fold, head_of
from agent_status_gateway.cli.terminal.view import View
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import SessionStatus

KEYS_LINE: Final = "q quit · ↑ ↓ move · / filter · s sort · Enter open · Esc back · ? all keys"
HELP: Final = (
    ("q", "quit"),
    ("↑ ↓, k j", "move the cursor"),
    ("PgUp PgDn, b Space", "move by a screen"),
    ("Home End, g G", "move to the beginning or the end"),
    ("Enter", "open the session with the cursor, or keep the filter that is typed"),
    ("/", "filter: sessions with all these words in their key, channel, title, state, tool or error"),
    ("s", "sort: needs attention, longest in state, most tokens, name"),
    ("Esc", "go back: from this help, from a session, from the filter, from the cursor"),
    ("Ctrl-L", "draw the screen again"),
    ("Ctrl-Z", "give the terminal back until `fg`"),
    ("?", "show or hide this help"),
)
ENDS_SHARE: Final = 3
"""The share of the screen that the ends of sessions have at most: the height divided by this."""
FOOT_SHARE: Final = 4
"""The share of the screen that the keys have at most: the height divided by this."""
GAP: Final = 2
INDENT: Final = 2
LEAST_VALUE: Final = 30
"""Columns for a value below which it stands under its name."""
GONE: Final = "No session with this key is open any more. This is the last that was known of it."
UNKNOWN: Final = "No session with this key is open."
SEEN: Final = "What this terminal has seen"

GROWING: Final = {"In state", "Quiet"}
"""Facts that grow with time, and so say nothing of a session that is gone."""

Page = tuple[list[Text], Browsing]
"""Lines, and the choice with what the drawing knows: what is on the screen."""


def list_page(browsing: Browsing, view: View, width: int, height: int, *, has_keys: bool = False) -> Page:
    """Page with the list, its cursor, and the filter while it is typed."""
    listed = [row["session_key"] for row in view.rows]
    browsing = browsing.settled(listed)
    foot = _foot(browsing, width, height, has_keys=has_keys)
    foot = [*ends_of(view, width, height // ENDS_SHARE), *foot][: max(0, height - 1)]
    shown = replace(view, need=need_words([] if view.snapshot is None else view.snapshot["sessions"]))
    selected = browsing.place if browsing.selected is not None and listed else None
    part = draw_part(shown, width, height - len(foot), first=browsing.first, selected=selected)
    return _at_bottom(part.lines, foot, height), replace(browsing, first=part.first, page=max(1, part.count))


def session_page(
    browsing: Browsing, opened: OpenedSession, view: View, width: int, height: int, *, has_keys: bool = False
) -> Page:
    """Page with all that is known of one session."""
    row = opened.row
    lines = fold(Text(plain(opened.key) if row is None else name(row), "bold"), width)
    if not opened.is_open:
        lines += fold(Text(UNKNOWN if row is None else GONE, "bold yellow"), width)
        lines += fold(Text(end_line(opened.end)), width) if opened.end else []
    if opened.problem:
        lines += fold(Text(f"details: {plain(opened.problem)}", "bold yellow"), width)
    facts = [] if row is None else _facts_of(row, opened)
    lines += [Text(""), *_pairs(facts, width)]
    if opened.seen:
        lines += [Text(""), *fold(Text(SEEN, "bold"), width), *_pairs(list(opened.seen), width)]
    head = [] if view.is_sound else head_of(replace(view, snapshot=None), width, max(1, height // 2))
    return _scrolled(browsing, head, lines, width, height, has_keys=has_keys)


def help_page(browsing: Browsing, width: int, height: int) -> Page:
    """Page with all keys."""
    return _scrolled(browsing, fold(Text("Keys", "bold"), width), _pairs(list(HELP), width), width, height)


def _facts_of(row: SessionStatus, opened: OpenedSession) -> list[tuple[str, str]]:
    facts = facts_of(row, parent=opened.parent, children=opened.children, ended_children=opened.ended_children)
    return [fact for fact in facts if opened.is_open or fact[0] not in GROWING]


def _scrolled(
    browsing: Browsing, head: list[Text], lines: list[Text], width: int, height: int, *, has_keys: bool = False
) -> Page:
    foot = _foot(browsing, width, height, has_keys=has_keys)[: max(0, height - 1)]
    room = max(1, height - len(head) - len(foot))
    scrolled = min(browsing.scrolled, max(0, len(lines) - room))
    shown = [*head, *lines[scrolled : scrolled + room]]
    return _at_bottom(shown, foot, height), replace(browsing, scrolled=scrolled, page=room)


def _at_bottom(lines: list[Text], foot: list[Text], height: int) -> list[Text]:
    """Lines, and those of the foot at the bottom of the screen."""
    return [*lines, *([Text("")] * (height - len(lines) - len(foot)) if foot else []), *foot][:height]


def _foot(browsing: Browsing, width: int, height: int, *, has_keys: bool) -> list[Text]:
    """Lines at the bottom: the filter while it is typed, or the keys on request."""
    if browsing.is_typing:
        text = Text(f"/{plain(browsing.matching)}")
        while text.cell_len >= width > 1:
            text = text[1:]
        return [text.append(" ", "reverse")]
    return fold(Text(KEYS_LINE, "dim"), width, max(1, height // FOOT_SHARE)) if has_keys else []


def _pairs(pairs: list[tuple[str, str]], width: int) -> list[Text]:
    """Lines of names and values, in two columns if there is room."""
    column = max((len(called) for called, _ in pairs), default=0) + GAP
    lines: list[Text] = []
    for called, value in pairs:
        if width - column >= LEAST_VALUE:
            folded = fold(Text(value), width - column)
            begins = [Text(called.ljust(column), "dim"), *[Text(" " * column)] * (len(folded) - 1)]
            lines += [begin.copy().append_text(line) for begin, line in zip(begins, folded, strict=True)]
        else:
            indent = INDENT if width > 2 * INDENT else 0
            told = [Text(" " * indent).append_text(line) for line in fold(Text(value), width - indent)]
            lines += [*fold(Text(called, "dim"), width), *told]
    return lines
