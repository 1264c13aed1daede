"""Pure: a view as lines of a terminal, never wider or more than it has room for.

Colours only repeat what the words say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from agent_status_gateway.cli.terminal.ended_sessions import end_line
from agent_status_gateway.cli.terminal.presentation import STALLED, counts, duration, headline, name, tokens, what_now
from agent_status_gateway.cli.terminal.view import View
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import SessionStatus

COLOURS: Final = {
    "idle": "dim",
    "active": "green",
    "degraded": "red",
    "thinking": "blue",
    "tool_running": "magenta",
    "streaming": "green",
    "waiting_for_user": "yellow",
    "error": "red",
    STALLED: "yellow",
}
TABLE_WIDTH: Final = 72
"""Columns of the terminal below which a session's details are under its name."""
HEADINGS: Final = ("session", "channel", "state", "in state", "tokens")
RIGHT: Final = {"in state", "tokens"}
GAP: Final = 2
INDENT: Final = 2
LEAST: Final = {"session": 0, "channel": 0, "state": 16, "in state": 8, "tokens": 6}
"""Minimum widths in characters, so that columns do not jump when durations and states change."""
MOST: Final = {"channel": 16, "in state": 10, "tokens": 10}
MOST_LINES: Final = 4
"""Maximum lines of one sentence about the connection, if the height is limited."""
ROW_LINES: Final = 2
"""Maximum lines of one session in a table, if the height is limited. The page has as many."""
NARROW_LINES: Final = 3
"""Maximum lines of one session below TABLE_WIDTH, if the height is limited."""
HEADED: Final = 8
"""Lines of a screen below which a table has no headings."""
ROOMY: Final = 12
"""Lines of a list below which those about other sessions have one line."""

_console: Final = Console()  # rich asks for one to fold by; nothing is written to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part of a list that fits on a screen.

    Attributes:
        first: Place of its first session in the list.
        count: Number of its sessions.
    """

    lines: list[Text]
    first: int = 0
    count: int = 0


def draw(view: View, width: int, height: int | None = None) -> list[Text]:
    """Lines of a view. Without a height, there are as many as needed."""
    width = max(1, width)
    if height is not None:
        return draw_part(view, width, height).lines
    head = head_of(view, width)
    if not view.rows:
        return head + _empty(view, width)
    widths = column_widths(view.rows, width)
    return head + headings(widths) + [line for row in view.rows for line in block(row, width, widths)]


def draw_part(view: View, width: int, height: int, *, first: int = 0, selected: int | None = None) -> Part:
    """Lines of a view from the session in this place on, but so that the selected one is among them."""
    head = head_of(view, width, max(1, height // 2))
    if not view.rows:
        return Part(lines=[*head, *_empty(view, width)][:height])
    first = min(max(0, first), len(view.rows) - 1)
    if selected is not None:
        first = min(max(first, selected - height + 1), selected)
    widths = column_widths(view.rows[first : first + height], width)
    head += headings(widths) if height >= HEADED else []
    room = height - len(head)
    most = max(1, min(ROW_LINES if widths else NARROW_LINES, room - 1))

    @cache
    def lines_of(place: int) -> list[Text]:
        return block(view.rows[place], width, widths, most)

    part = _as_many_as_fit(view.rows, first, width, room, lines_of)
    while selected is not None and part.first + part.count <= selected and part.first < selected:
        part = _as_many_as_fit(view.rows, part.first + 1, width, room, lines_of)
    lines = part.lines
    if selected is not None:
        for line in lines_of(selected):  # the very lines of the part
            line.append(" " * max(0, width - line.cell_len)).stylize("reverse")
    return Part(lines=[*head, *lines][:height], first=part.first, count=part.count)


def head_of(view: View, width: int, most: int | None = None) -> list[Text]:
    """Lines above the list: the fleet's state and figures, and what is said about the connection.

    With `most`, there are at most so many: what says least is left out, and then the longest text is cut.
    """
    texts: list[Text] = []
    if view.snapshot is not None:
        fleet = view.snapshot["global"]
        text = Text.assemble((fleet["state"], f"bold {COLOURS[fleet['state']]}"), f"  {headline(fleet)}")
        if view.need:
            text.append(" · ").append(view.need, "bold")
        texts.append(text)
    texts += [Text(plain(said), "dim" if view.is_sound else "bold yellow") for said in view.status]
    if most is None:
        return [line for text in texts for line in fold(text, width)]
    parts = [fold(text, width, MOST_LINES) for text in texts]
    if sum(map(len, parts)) > most and len(parts) > 1 and (view.is_sound or len(parts) > most):
        del parts[view.is_sound], texts[view.is_sound]  # that all is well, or figures that are not current
    parts = parts[:most]
    while sum(map(len, parts)) > most:
        longest = max(range(len(parts)), key=lambda place: len(parts[place]))
        parts[longest] = fold(texts[longest], width, len(parts[longest]) - 1)
    return [line for part in parts for line in part]


def _empty(view: View, width: int) -> list[Text]:
    """Words in place of a list without sessions; none before the first snapshot."""
    if view.snapshot is None:
        return []
    return fold(Text("no sessions match" if view.snapshot["sessions"] else "no open sessions", "dim"), width)


def _as_many_as_fit(
    rows: list[SessionStatus], first: int, width: int, height: int, lines_of: Callable[[int], list[Text]]
) -> Part:
    """Rows that fit, from the first one on, and lines about those above and below them. There is always one row."""
    most = None if height >= ROOMY else 1
    above = _others(rows[:first], "above", width, most)
    blocks: list[list[Text]] = []
    used = len(above)
    for place in range(first, len(rows)):
        lines = lines_of(place)
        if used + len(lines) > height:
            break
        blocks.append(lines)
        used += len(lines)
    below: list[Text] = []
    while first + len(blocks) < len(rows):
        below = _others(rows[first + len(blocks) :], "more", width, most)
        if used + len(below) <= height or not blocks:
            break
        used -= len(blocks.pop())
    if not blocks:
        return Part(lines=lines_of(first)[: max(0, height)], first=first, count=1)
    return Part(lines=[*above, *(line for lines in blocks for line in lines), *below], first=first, count=len(blocks))


def _others(rows: list[SessionStatus], where: str, width: int, most: int | None) -> list[Text]:
    return fold(Text(f"… and {len(rows)} {where}: {counts(rows)}", "dim"), width, most) if rows else []


def ends_of(view: View, width: int, height: int | None = None) -> list[Text]:
    """Lines with the ends of a view, the newest first, under a heading; none if nobody has asked for ends.

    With a height, each end has one line, and the last line counts those that do not fit.
    """
    if view.ends is None:
        return []
    number = len(view.ends)
    lines = fold(Text(f"ended: {number or 'no'} session{'' if number == 1 else 's'}", "dim"), width)
    if height is None:
        return [*lines, *(line for end in view.ends for line in fold(Text(end_line(end)), width))]
    room = max(0, height - len(lines))
    shown = number if number <= room else max(0, room - 1)
    lines += [line for end in view.ends[:shown] for line in fold(Text(end_line(end)), width, 1)]
    if shown < number:
        lines += fold(Text(f"… and {number - shown} more", "dim"), width, 1)
    return lines[:height]


def headings(widths: dict[str, int]) -> list[Text]:
    """Line of headings after a blank one; none where there is no room for a table."""
    return [Text(""), _columns([[Text(text, "dim")] for text in HEADINGS], widths)[0]] if widths else []


def block(row: SessionStatus, width: int, widths: dict[str, int], most: int | None = None) -> list[Text]:
    """Lines of one session: a row of columns, or its name with the details below."""
    styles = ("", "dim", COLOURS[STALLED if row.get("stalled") else row["state"]], "", "dim")
    cells = [Text(text, style) for text, style in zip(_texts(row), styles, strict=True)]
    if widths:
        folded = zip(cells, widths.values(), strict=True)
        return _columns([fold(cell, cell_width, most) for cell, cell_width in folded], widths)
    called, channel, does, lasts, used = cells
    below = Text(" · ").join(part for part in (does, lasts, channel, used) if part)
    indent = INDENT if width > 2 * INDENT else 0
    told = [Text(" " * indent).append_text(line) for line in fold(below, width - indent, most and max(1, most - 1))]
    return fold(called, width, most and max(1, most - len(told))) + told


def _columns(cells: list[list[Text]], widths: dict[str, int]) -> list[Text]:
    lines: list[Text] = []
    for number in range(max(map(len, cells))):
        line = Text()
        for cell, (heading, width) in zip(cells, widths.items(), strict=True):
            text = cell[number].copy() if number < len(cell) else Text()
            text.align("right" if heading in RIGHT else "left", width)
            line.append_text(text).append(" " * GAP)
        line.rstrip()
        lines.append(line)
    return lines


def column_widths(rows: Iterable[SessionStatus], width: int) -> dict[str, int]:
    """Width of each column; empty if there is no room for a table."""
    if width < TABLE_WIDTH:
        return {}
    told = [_texts(row) for row in rows]
    columns = dict(zip(HEADINGS, zip(HEADINGS, *told, strict=True), strict=True))
    wanted = {heading: max(LEAST[heading], *map(cell_len, texts)) for heading, texts in columns.items()}
    widths = wanted | {heading: min(most, wanted[heading]) for heading, most in MOST.items()}
    left = width - sum(widths[heading] for heading in MOST) - GAP * (len(HEADINGS) - 1)
    widths["state"] = min(wanted["state"], max(left - wanted["session"], left * 2 // 5))
    widths["session"] = min(wanted["session"], left - widths["state"])
    return widths


def _texts(row: SessionStatus) -> tuple[str, ...]:
    lasts, used = duration(row["duration_seconds"]), tokens(row["token_usage"])
    return name(row), plain(row["channel"]), what_now(row), lasts, used


def fold(text: Text, width: int, most: int | None = None) -> list[Text]:
    """Text in lines of this width, with words whole if possible. An ellipsis replaces what is over `most` lines."""
    lines = list(text.wrap(_console, max(1, width), overflow="fold")) or [Text()]
    if most is None or len(lines) <= most:
        return lines
    last = lines[most - 1]
    last.truncate(max(1, width) - 1)
    last.rstrip()
    return [*lines[: most - 1], last.append("…")]
