"""`python -m bench.faults`: how long the snapshot takes to be right after each fault, with the default settings.

Each fault has a stage of its own: a server, two replicas, worker processes, eyes on every snapshot in between. A run
that takes longer than the fault's bound, or shows a wrong snapshot, fails, and the command ends with status 1. Faults
and stages are those of the tests (`chaos/faults/fault.py`), which do them with short leases.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from bench.machine import machine, raise_open_files
from bench.row import Row
from bench.store import store
from bench.table import print_rows
from chaos.faults.fault import FAULTS, Fault
from chaos.stage import Recovery, Stage
from chaos.terms import DEFAULT

RUNS: Final = 10
LONG_RUNS: Final = 3
LANES: Final = 4
"""Stages at once: they are at rest nearly all of the time."""


@dataclass(slots=True)
class Result:
    """What came of one fault: the runs that held, and what was wrong with the others."""

    fault: Fault
    recoveries: list[Recovery] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    skipped: str = ""

    def rows(self) -> Iterator[Row]:
        note = self.skipped or (f"{len(self.failures)} FAILED" if self.failures else "")
        bound = f"bound {self.fault.bound}. {note}".rstrip(". ")
        yield Row.of(self.fault.name, "snapshot right", "s", [r.snapshot_seconds for r in self.recoveries], bound)
        yield Row.of(self.fault.name, "stream right", "s", [r.stream_seconds for r in self.recoveries], note)


class Runner:
    """Runs faults in lanes, and says how it goes."""

    def __init__(self, runs: int | None, console: Console) -> None:
        self._runs = runs
        self._console = console
        self._lock = threading.Lock()

    def run(self, fault: Fault) -> Result:
        """All runs of one fault, on one stage as long as it holds."""
        result = Result(fault)
        runs = self._runs or (LONG_RUNS if fault.is_long else RUNS)
        done = 0
        while done < runs and not result.skipped:
            began = done
            try:
                with fault.setting(DEFAULT, True) as stage:
                    while done < runs:
                        done += 1
                        self._once(stage, result, f"{done}/{runs}")
            except pytest.skip.Exception as reason:
                result.skipped = str(reason)
                self._say(f"{fault.name}: skipped: {reason}")
            except Exception as error:  # noqa: BLE001 - whatever it is, the others want their runs
                done = max(done, began + 1)  # a stage that cannot be made is a run that failed
                result.failures.append(f"{type(error).__name__}: {error}")
                self._say(f"{fault.name} {done}/{runs}: FAILED: {type(error).__name__}: {error}")
        return result

    def _once(self, stage: Stage, result: Result, which: str) -> None:
        time.sleep(random.random() * stage.terms.heartbeat_seconds)  # at any moment between two heartbeats
        recovery = result.fault.suffer(stage)
        result.recoveries.append(recovery)
        said = f"snapshot {recovery.snapshot_seconds:.2f} s, streams {recovery.stream_seconds:.2f} s"
        self._say(f"{result.fault.name} {which}: {said}")

    def _say(self, text: str) -> None:
        with self._lock:
            self._console.print(f"{time.strftime('%H:%M:%S')} {text}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _lanes(count: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def main() -> None:
    """Run what was asked for; show it, store it, and fail if a bound did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, help=f"of each fault; by default {RUNS}, {LONG_RUNS} of those of minutes")
    parser.add_argument("--only", default="", metavar="A,B", help=f"these alone, of {', '.join(FAULTS)}")
    parser.add_argument("--quick", action="store_true", help="leave out those that last minutes a run")
    parser.add_argument("--lanes", type=int, default=LANES, help="how many stages at once")
    parser.add_argument("--output", type=Path, default=Path("bench/results"), help="folder for the JSON")
    given = parser.parse_args()
    names = list(filter(None, given.only.split(","))) or list(FAULTS)
    for unknown in [name for name in names if name not in FAULTS]:
        parser.error(f"there is no {unknown!r}")
    raise_open_files()
    console = Console(width=None if sys.stdout.isatty() else 160)
    runner = Runner(given.runs, console)
    faults = [FAULTS[name] for name in names if not (given.quick and FAULTS[name].is_long)]
    with _lanes(given.lanes) as pool:
        results = list(pool.map(runner.run, faults))
    rows = [row for result in results for row in result.rows()]
    print_rows("recovery from faults, default settings", rows, console)
    console.print(f"written: {store('faults', rows, machine(), given.output)}", markup=False)
    failures = [f"{result.fault.name}: {failure}" for result in results for failure in result.failures]
    for failure in failures:
        console.print(failure, style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
