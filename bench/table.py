"""Results for a person: a table of all rows, or one with a line for each subject."""

from typing import Final

from rich.console import Console
from rich.table import Table

from bench.row import Row

RATIO_MEASURE: Final = "CPU per event"
RATIO_PEERS: Final = ("nchan", "send_loop")


def print_rows(title: str, rows: list[Row], console: Console) -> None:
    """One line for each row."""
    table = Table(title=title)
    for column in ("what", "measure", "median", "min to max", "unit", "note"):
        table.add_column(column, justify="right" if column in ("median", "min to max") else "left")
    for row in rows:
        median, spread = (_number(row.median), _spread(row)) if row.samples else ("missing", "")
        table.add_row(row.subject, row.measure, median, spread, row.unit, row.note)
    console.print(table)


def print_subjects(title: str, rows: list[Row], console: Console) -> None:
    """One line for each subject, one column for each measure, and how much CPU it takes beside two of them."""
    cells: dict[str, dict[str, Row]] = {}
    for row in rows:
        cells.setdefault(row.subject, {})[row.measure] = row
    measures = list(dict.fromkeys(row.measure for row in rows if row.samples))
    units = {row.measure: row.unit for row in rows if row.samples}
    table = Table(title=title, caption="median (min to max) over the rounds", show_lines=True)
    table.add_column("server")
    for measure in measures:
        table.add_column(f"{measure}, {units[measure]}", justify="right", vertical="middle")
    for peer in RATIO_PEERS:
        table.add_column(f"CPU, {peer} = 1", justify="right", vertical="middle")
    for subject, found in cells.items():
        values = [
            f"{_number(found[name].median)}\n[dim]{_spread(found[name])}[/]" for name in measures if name in found
        ]
        values += [""] * (len(measures) - len(values)) + [_ratio(cells, subject, peer) for peer in RATIO_PEERS]
        table.add_row(subject, *values)
    console.print(table)
    for subject, found in cells.items():
        for note in dict.fromkeys(row.note for row in found.values() if row.note):
            console.print(
                f"{subject}: {'missing: ' if 'missing' in found else ''}{note}", highlight=False, markup=False
            )


def _spread(row: Row) -> str:
    return f"{_number(row.low)} to {_number(row.high)}" if len(row.samples) > 1 else ""


def _number(value: float) -> str:
    """Three digits, and those of large numbers before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _ratio(cells: dict[str, dict[str, Row]], subject: str, peer: str) -> str:
    mine, theirs = cells[subject].get(RATIO_MEASURE), cells.get(peer, {}).get(RATIO_MEASURE)
    return f"{mine.median / theirs.median:.2f}" if mine and theirs and theirs.median else ""
