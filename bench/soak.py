"""`python -m bench.soak --minutes 60`: a day in an hour. Clients, workers, replicas and Redis come and go at random.

After a warm-up, and again at the end, all is left in peace: then every client's snapshot must be right, and the replica
that has lived through all of it must hold what it held: memory, descriptors, tasks. The command ends with status 1 if
not, and says how to have the same day again (`--seed`).
"""

import argparse
import os
import random
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console

from agent_status_gateway.paths import STATUS_PATH
from bench.machine import machine, raise_open_files
from bench.row import Row
from bench.soaking.day import Day
from bench.soaking.holding import Holding
from bench.store import store
from bench.table import print_rows

WARM_UP_SHARE: Final = 0.2
PEACE_SECONDS: Final = 60.0
"""Seconds for all snapshots to become right: more than a lease, an error's time and the longest wait of a client."""
ROOM_BYTES: Final = 8 * 1024 * 1024
"""The growth of the lasting replica's memory after the warm-up that is allowed, beside one snapshot for each client.

A slow client holds one at most (fanout/client.py), and the allocator keeps the room of those that were held at once.
"""
LOOK_SECONDS: Final = 0.5


def soak(day: Day, seconds: float, console: Console) -> list[str]:
    """Live through the day; what was wrong at its end."""
    began_at = time.monotonic()
    _live(day, began_at + seconds * WARM_UP_SHARE, console)
    wrong = _make_peace(day, console)
    warm = Holding.of(day.lasting)
    console.print(f"warm: {warm}", highlight=False)
    day.go_on()
    _live(day, began_at + seconds, console)
    wrong += _make_peace(day, console)
    end = Holding.of(day.lasting)
    console.print(f"end: {end}", highlight=False)
    beside = list(warm.beside(end))
    day.rows = [Row.of("after the warm-up", what, unit, [before]) for what, unit, before, _ in beside]
    day.rows += [Row.of("at the end", what, unit, [after]) for what, unit, _, after in beside]
    print_rows("the replica that lasted", day.rows, console)
    console.print(f"happened: {day.happened}", highlight=False)
    snapshot_bytes = len(day.lasting.get(STATUS_PATH).content)
    return wrong + warm.grown_to(end, ROOM_BYTES + day.most_clients * snapshot_bytes)


def _live(day: Day, until: float, console: Console) -> None:
    said_at = time.monotonic()
    while time.monotonic() < until:
        day.happen()
        if time.monotonic() > said_at + 60:
            said_at = time.monotonic()
            console.print(f"{time.strftime('%H:%M:%S')} {day}", highlight=False, markup=False)


def _make_peace(day: Day, console: Console) -> list[str]:
    """All that was hurt is well again; nothing happens until every snapshot is right, or for too long."""
    day.heal()
    until = time.monotonic() + PEACE_SECONDS
    while (wrong := day.wrong()) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    console.print(f"{time.strftime('%H:%M:%S')} peace: {day}, {len(wrong)} wrong", highlight=False, markup=False)
    return wrong


def main() -> None:
    """Live through a day as long as was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="how long, peace aside (60)")
    parser.add_argument("--clients", type=int, default=200, help="at once (200)")
    parser.add_argument("--workers", type=int, default=8, help="at once (8)")
    parser.add_argument("--sessions", type=int, default=0, help="of a large fleet in the background (0)")
    parser.add_argument("--seed", type=int, default=None, help="the same day again")
    parser.add_argument("--output", type=Path, default=Path("bench/results"), help="folder for the JSON")
    given = parser.parse_args()
    seed = int.from_bytes(os.urandom(4)) if given.seed is None else given.seed
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"seed {seed}", highlight=False)
    raise_open_files()
    with ExitStack() as stack:
        day = Day(
            random.Random(seed),
            clients=given.clients,
            workers=given.workers,
            background_sessions=given.sessions,
            stack=stack,
        )
        wrong = soak(day, given.minutes * 60, console)
        facts = machine() | {
            "seed": seed,
            "sessions": given.sessions,
            "happened": day.happened,
            "minutes": given.minutes,
            "wrong": wrong,
        }
    console.print(f"written: {store('soak', day.rows, facts, given.output)}", markup=False)
    for what in wrong[:20]:
        console.print(f"WRONG: {what}", style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
