"""Pure: a view as lines of a terminal, never wider or more than it has room for.

Colours only repeat what the words say.
"""

from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from agent_status_gateway.cli.terminal.presentation import counts, duration, headline, name, tokens, what
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
"""Maximum lines of one title or error, if the height is limited."""

_console: Final = Console()  # rich asks for one to fold by; nothing is written to it


def draw(view: View, width: int, height: int | None = None) -> list[Text]:
    """Lines of a view. Without a height, there are as many as needed."""
    width = max(1, width)
    head = _head(view, width)
    if view.snapshot is None:
        return head[:height]
    if not view.rows:
        is_empty = not view.snapshot["sessions"]
        return [*head, *_fold(Text("no open sessions" if is_empty else "no sessions match", "dim"), width)][:height]
    candidates = view.rows if height is None else view.rows[:height]
    widths = _column_widths(candidates, width)
    if widths:
        head = [*head, Text(""), _columns([[Text(text, "dim")] for text in HEADINGS], widths)[0]]
    if height is None:
        return head + [line for row in candidates for line in _block(row, width, widths)]
    return (head + _as_many_as_fit(view.rows, width, height - len(head), widths))[:height]


def _head(view: View, width: int) -> list[Text]:
    lines: list[Text] = []
    if view.snapshot is not None:
        fleet = view.snapshot["global"]
        text = Text.assemble((fleet["state"], f"bold {COLOURS[fleet['state']]}"), f"  {headline(fleet)}")
        lines += _fold(text, width)
    for said in view.status:
        lines += _fold(Text(plain(said), "dim" if view.is_sound else "bold yellow"), width, MOST_LINES)
    return lines


def _as_many_as_fit(rows: list[SessionStatus], width: int, height: int, widths: dict[str, int]) -> list[Text]:
    """First rows that fit, and a line about the others."""
    blocks: list[list[Text]] = []
    used = 0
    most = max(1, min(MOST_LINES, height - 1))
    for row in rows:
        block = _block(row, width, widths, most)
        if used + len(block) > height:
            break
        blocks.append(block)
        used += len(block)
    others: list[Text] = []
    while len(blocks) < len(rows):
        hidden = rows[len(blocks) :]
        others = _fold(Text(f"… and {len(hidden)} more: {counts(hidden)}", "dim"), width)
        if used + len(others) <= height or not blocks:
            break
        used -= len(blocks.pop())
    return [line for block in blocks for line in block] + others


def _block(row: SessionStatus, width: int, widths: dict[str, int], most: int | None = None) -> list[Text]:
    """Lines of one session: a row of columns, or its name with the details below."""
    styles = ("", "dim", COLOURS[row["state"]], "", "dim")
    cells = [Text(text, style) for text, style in zip(_texts(row), styles, strict=True)]
    if widths:
        folded = zip(cells, widths.values(), strict=True)
        return _columns([_fold(cell, cell_width, most) for cell, cell_width in folded], widths)
    called, channel, does, lasts, used = cells
    below = Text(" · ").join(part for part in (does, lasts, channel, used) if part)
    indent = INDENT if width > 2 * INDENT else 0
    told = [Text(" " * indent).append_text(line) for line in _fold(below, width - indent, most)]
    return _fold(called, width, most and max(1, most - len(told))) + told


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


def _column_widths(rows: Iterable[SessionStatus], width: int) -> dict[str, int]:
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
    return name(row), plain(row["channel"]), what(row), lasts, used


def _fold(text: Text, width: int, most: int | None = None) -> list[Text]:
    """Text in lines of this width, with words whole if possible. An ellipsis replaces what is over `most` lines."""
    lines = list(text.wrap(_console, max(1, width), overflow="fold")) or [Text()]
    if most is None or len(lines) <= most:
        return lines
    last = lines[most - 1]
    last.truncate(max(1, width) - 1)
    last.rstrip()
    return [*lines[: most - 1], last.append("…")]
