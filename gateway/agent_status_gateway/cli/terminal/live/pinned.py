"""Pure: lines of a screen that no character can push out of their columns.

Terminals differ about the width of emoji, of marks and of some scripts. One that draws more columns than we count would
shift the rest of the line, and one that draws fewer would leave what was there before.

Rule 1. After characters outside ASCII the cursor is put into the column that we count.
Rule 2. A line with characters that may take fewer columns than we count is erased before it is drawn.
"""

import re
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.text import Text

RUN: Final = re.compile(r"[ -~]?[^\x00-\x7f]+")
"""Characters outside ASCII, with the one to which their marks may belong."""
WHOLE_LINE: Final = 2
"""Parameter that makes a terminal erase the whole line."""


@dataclass(frozen=True, slots=True)
class PinnedLine:
    """One line that fits the screen."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Segments of the line, with its controls."""
        plain = self.text.plain
        if not plain.isascii() and any(cell_len(character) != 1 for character in plain):
            yield Control((ControlType.ERASE_IN_LINE, WHOLE_LINE)).segment
        column = 0
        for text, style, _ in self.text.render(console):
            end = 0
            for run in RUN.finditer(text):
                yield Segment(text[end : run.end()], style)
                column += cell_len(text[end : run.end()])
                end = run.end()
                yield Control.move_to_column(column).segment
            yield Segment(text[end:], style)
            column += cell_len(text[end:])
        yield Segment.line()
