"""`python -m bench`: what the parts cost, on this machine, now. Results go to docs/performance.md by hand."""

import argparse
import platform
from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.table import Table

from bench import fresh_replica, publisher_calls
from bench.row import Row


def main() -> None:
    """Run every measurement and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000, help="agent calls per measurement")
    parser.add_argument("--starts", type=int, default=5, help="replica starts")
    options = parser.parse_args()
    console = Console()
    table = Table(title=f"Python {platform.python_version()} on {platform.machine()}")
    for column in ("what", "median", "p99", "unit"):
        table.add_column(column, justify="left" if column == "what" else "right")
    measurements: dict[str, Callable[[], Iterator[Row]]] = {
        "an agent's calls": partial(publisher_calls.measure, options.calls),
        "fresh replicas": partial(fresh_replica.measure, options.starts),
    }
    for name, rows in measurements.items():
        console.print(f"measuring {name} …")  # no spinner: it would cost more than an agent at rest
        for row in rows():
            table.add_row(row.what, f"{row.median:.3g}", f"{row.p99:.3g}", row.unit)
    console.print(table)


if __name__ == "__main__":
    main()
