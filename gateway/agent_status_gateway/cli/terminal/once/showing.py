"""Commands that print once: `show` and `workers`."""

from collections.abc import Sequence
from typing import Final

import orjson
from rich.console import Console, Group

from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.once.groups import Grouping
from agent_status_gateway.cli.terminal.once.listing import listing
from agent_status_gateway.cli.terminal.once.roster import select_workers, worker_lines
from agent_status_gateway.cli.terminal.output import note, write
from agent_status_gateway.cli.terminal.presentation import json_line
from agent_status_gateway.cli.terminal.view import Feed, Known, view
from agent_status_gateway.state.views.fields import FIELD_NAMES

PIPE_WIDTH: Final = 200
"""Characters per line in a pipe, which has no width."""


def show(
    reader: Reader,
    matching: str = "",
    *,
    as_json: bool = False,
    grouping: Grouping | None = None,
    fields: Sequence[str] = (),
) -> None:
    """Print the current snapshot, with as many lines as needed.

    Raises:
        ReaderError: The gateway cannot be read, or JSON was to be grouped.
    """
    if as_json and grouping is not None:
        raise ReaderError("--group-by is not possible with --json, which has the sessions as they came")
    asked = {*fields, *([grouping.field] if grouping is not None and grouping.field else [])}
    in_order = tuple(name for name in FIELD_NAMES if name in asked)
    if in_order:
        reader = reader.reader_of(reader.view.with_fields(in_order))
    received = reader.read_once()
    known = Known().after(received)
    if received.stale_seconds is not None:
        known = known.after(Feed(is_lost=True, since=received.at - received.stale_seconds, at=received.at))
        note(known.condition(received.at))
    if as_json:
        write([received.json(matching)])
        return
    console = Console()
    is_terminal = console.file.isatty()
    shown = view(known, received.at, url=reader.source, matching=matching, ended_seconds=reader.view.ended)
    lines = listing(shown, console.width if is_terminal else PIPE_WIDTH, grouping, fields)
    if is_terminal:
        console.print(Group(*lines))
    else:
        write([line.plain.rstrip() for line in lines])


def show_workers(reader: Reader, matching: str = "", *, order: str | None = None, as_json: bool = False) -> None:
    """Print the current workers.

    Raises:
        ReaderError: The gateway cannot be read, or there is no such order.
    """
    workers = select_workers(reader.read_workers(), matching, order)
    if as_json:
        write([json_line(orjson.dumps(workers).decode())])
    else:
        write(worker_lines(workers, "no workers match" if matching.strip() else "no workers"))
