"""Pure: all sessions of a view as lines: in groups under headings, each with the fields that were asked for."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.once.groups import Grouping
from agent_status_gateway.cli.terminal.presentation import counts
from agent_status_gateway.cli.terminal.session.facts import words_for
from agent_status_gateway.cli.terminal.table import block, column_widths, draw, ends_of, fold, head_of, headings
from agent_status_gateway.cli.terminal.view import View
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_gateway.state.views.fields import ALL, FIELD_NAMES, parse_fields
from agent_status_gateway.state.views.query import WrongFieldError, one_of

INDENT: Final = 2


def parse_asked_fields(text: str | None) -> tuple[str, ...]:
    """Parse what `--fields` was given: `all`, or names with commas. None asks for nothing.

    Raises:
        ReaderError: There is no such field.
    """
    try:
        return () if text is None else parse_fields([text])
    except WrongFieldError as error:
        raise ReaderError(
            f"--fields: {error.value!r} is not a field; expected {one_of([ALL, *FIELD_NAMES])}, or several with commas"
        ) from None


def listing(view: View, width: int, grouping: Grouping | None = None, fields: Sequence[str] = ()) -> list[Text]:
    """Lines of a view, as many as needed. Sessions that have ended stand below the open ones."""
    ends = ends_of(view, max(1, width))
    return [*_open_ones(view, width, grouping, fields), *([Text("")] if ends else []), *ends]


def _open_ones(view: View, width: int, grouping: Grouping | None, fields: Sequence[str]) -> list[Text]:
    if not view.rows or not (grouping or fields):
        return draw(view, width)
    width = max(1, width)
    widths = column_widths(view.rows, width)
    lines = [*head_of(view, width), *headings(widths)]
    for title, rows in [("", view.rows)] if grouping is None else grouping.groups(view.rows):
        if grouping is not None:
            heading = Text.assemble(
                (title, "bold"), f": {len(rows)} session{'' if len(rows) == 1 else 's'}: {counts(rows)}"
            )
            lines += [Text(""), *fold(heading, width)]
        for row in rows:
            lines += [*block(row, width, widths), *_fields(row, fields, width)]
    return lines


def _fields(row: SessionStatus, fields: Sequence[str], width: int) -> list[Text]:
    """Lines with the fields that the session has."""
    told = [f"{field} {words}" for field in fields if (words := words_for(field, row))]
    indent = INDENT if width > 2 * INDENT else 0
    folded = fold(Text(" · ".join(told), "dim"), width - indent) if told else []
    return [Text(" " * indent).append_text(line) for line in folded]
