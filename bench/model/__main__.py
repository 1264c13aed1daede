"""`python -m bench.model --sessions 100000 --workers 1000 --changes 1000 --clients 1000`: what a plan will take.

A simulation by the stored result of `bench growth` (`--coefficients` names another one), which starts nothing. It says
what one replica, Redis and the network will have to do, what the next limit is, and which setting or shard helps.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.model.fit import STORED, Coefficients, stored_coefficients
from bench.model.forecast import Forecast, Plan, forecast

SIZES: Final = (1000, 10_000, 100_000, 1_000_000)
SESSIONS_OF_A_WORKER: Final = 100
CHANGES_OF_A_SESSION: Final = 0.01
"""Changes a second, in the table of sizes: of a hundred sessions one does something else each second."""


def main() -> None:
    """Forecast the plan that was asked for, or the table of sizes."""
    given = _parser().parse_args()
    coefficients = stored_coefficients(given.coefficients)
    console = Console(width=None if sys.stdout.isatty() else 160)
    if given.table:
        console.print(sizes_table(coefficients))
        return
    plan = Plan(
        sessions=given.sessions,
        workers=given.workers or max(1, given.sessions // SESSIONS_OF_A_WORKER),
        changes=given.changes,
        clients=given.clients,
        replicas=given.replicas,
        debounce_seconds=given.debounce,
        heartbeat_seconds=given.heartbeat,
        max_clients=given.max_clients,
        memory_mib=given.memory,
        accept_gzip=not given.plain,
    )
    console.print(plan_table(forecast(plan, coefficients)))


def plan_table(found: Forecast) -> Table:
    """A line for each use, the one that is nearest to its limit first."""
    plan = found.plan
    table = Table(
        title=f"{plan.sessions:,} sessions in {plan.workers:,} workers, {plan.changes:g} changes/s, "
        f"{plan.clients:,} clients: {found.replicas} replica{'s' if found.replicas > 1 else ''}",
        caption=f"{'Next limit' if found.holds else 'OVER ITS LIMIT'}: {found.next_limit.what}. To go further: "
        f"{found.next_limit.answer}.",
    )
    for column in ("what", "used", "of", "unit", "%"):
        table.add_column(column, justify="left" if column in ("what", "unit") else "right")
    for use in found.uses:
        table.add_row(use.what, _number(use.used), _number(use.limit), use.unit, f"{100 * use.share:.0f}")
    return table


def sizes_table(coefficients: Coefficients) -> Table:
    """A line for each number of sessions and of viewers."""
    table = Table(title="a hundred sessions a worker, a change a second in each worker")
    for column in (
        "sessions",
        "viewers",
        "replicas",
        "CPU of each, %",
        "memory, MiB",
        "Redis, %",
        "Redis's output, MB/s",
    ):
        table.add_column(column, justify="right")
    table.add_column("next limit")
    for sessions in SIZES:
        for clients in SIZES:
            found = forecast(
                Plan(
                    sessions=sessions,
                    workers=sessions // SESSIONS_OF_A_WORKER,
                    changes=sessions * CHANGES_OF_A_SESSION,
                    clients=clients,
                ),
                coefficients,
            )
            uses = {use.what: use.used for use in found.uses}
            names = ("CPU of a replica", "memory of a replica", "CPU of Redis", "Redis's output")
            over = "" if found.holds else f" (at {100 * found.next_limit.share:,.0f} %)"
            table.add_row(
                f"{sessions:,}",
                f"{clients:,}",
                f"{found.replicas:,}",
                *(_number(uses[name]) for name in names),
                found.next_limit.what + over,
            )
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _parser() -> argparse.ArgumentParser:
    defaults = Plan()
    parser = argparse.ArgumentParser(
        prog="python -m bench.model", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=defaults.sessions, help="open sessions of the fleet")
    parser.add_argument("--workers", type=int, default=0, help="workers (a hundred sessions each)")
    parser.add_argument("--changes", type=float, default=defaults.changes, help="changes a second, of all sessions")
    parser.add_argument("--clients", type=int, default=defaults.clients, help="open streams of whole snapshots")
    parser.add_argument("--replicas", type=int, default=0, help="gateways (as few as have room for the clients)")
    parser.add_argument(
        "--debounce", type=float, default=defaults.debounce_seconds, help="AGENT_STATUS_DEBOUNCE_SECONDS"
    )
    parser.add_argument("--heartbeat", type=float, default=defaults.heartbeat_seconds, help="of publishers, seconds")
    parser.add_argument("--max-clients", type=int, default=defaults.max_clients, help="AGENT_STATUS_MAX_CLIENTS")
    parser.add_argument("--memory", type=float, default=defaults.memory_mib, help="MiB that a replica may take")
    parser.add_argument("--plain", action="store_true", help="clients without gzip")
    parser.add_argument("--table", action="store_true", help="sizes from a thousand to a million instead")
    parser.add_argument("--coefficients", type=Path, default=STORED, help="a result of `bench growth`")
    return parser


if __name__ == "__main__":
    main()
