"""Results as plots. Without matplotlib there are none, and the rest goes on."""

from pathlib import Path
from typing import Final

from bench.row import Row

FANOUT_MEASURES: Final = ("CPU per event", "CPU to connect", "memory per client", "latency p99")
DOTS_PER_INCH: Final = 120


def plot_bars(rows: list[Row], path: Path) -> None:
    """One panel for each measure, one bar for each subject, with its spread.

    Raises:
        ImportError: There is no matplotlib.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - only plots need it

    figure = Figure(figsize=(14, 8), layout="constrained")
    for axes, measure in zip(figure.subplots(2, 2).flat, FANOUT_MEASURES, strict=True):
        shown = [row for row in rows if row.measure == measure and row.samples][::-1]
        errors = [[row.median - row.low for row in shown], [row.high - row.median for row in shown]]
        names = [row.subject for row in shown]
        colours = ["tab:orange" if name == "ours" else "tab:blue" for name in names]
        bars = axes.barh(names, [row.median for row in shown], xerr=errors, color=colours)
        axes.bar_label(
            bars,
            labels=[f"{row.median:,.0f}" if row.median >= 100 else f"{row.median:.3g}" for row in shown],
            padding=4,
        )
        axes.set_title(f"{measure}, {shown[0].unit}" if shown else measure)
        axes.margins(x=0.15)
    figure.savefig(path, dpi=DOTS_PER_INCH)


def plot_lines(rows: list[Row], path: Path) -> None:
    """One panel for each measure; subjects are sizes, like `clients 1000`.

    Raises:
        ImportError: There is no matplotlib.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - only plots need it

    lines: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for row in rows:
        what, _, size = row.subject.rpartition(" ")
        if what and size.isdigit():
            lines.setdefault((what, row.measure, row.unit), []).append((float(size), row.median))
    columns = 3
    figure = Figure(figsize=(15, 4 * -(-len(lines) // columns)), layout="constrained")
    for number, ((what, measure, unit), points) in enumerate(lines.items(), start=1):
        axes = figure.add_subplot(-(-len(lines) // columns), columns, number)
        axes.plot(*zip(*points, strict=True), marker="o")
        axes.set_title(f"{measure}, {unit}")
        axes.set_xlabel(what)
        axes.set_ylim(0, 1.1 * max(value for _, value in points) or 1)
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, dpi=DOTS_PER_INCH)
