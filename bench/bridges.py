"""`python -m bench.bridges`: what a bridge adds to one event of its framework, in µs of CPU.

Each framework plays turns of an agent through its own dispatch, with the bridge and without, in its own environment
(made at first use), and the difference is shown. A bridge whose own share is over the goal fails, and the command ends
with status 1.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import pytest
from rich.console import Console

from agent_status_gateway.cli.embedded import embedded_server
from bench.machine import machine
from bench.row import Row
from bench.store import store
from bench.table import print_rows
from tests.bridges.contract import BRIDGES, Bridge
from tests.support.programs.locked_environment import PROJECT, PYTHONPATH, locked_environment

GOAL_US: Final = 20.0
ROUNDS: Final = 7
TURNS: Final = 2000
PLAY_SECONDS: Final = 1800


class MeasurementError(Exception):
    """A bridge that could not be measured, or is too slow."""


def rows(bridge: Bridge, redis_url: str, rounds: int, turns: int) -> Iterator[Row]:
    """What it adds to an event; to a token that is no news; and what a handler that does nothing would add."""
    try:
        environment = locked_environment(f"bridge-{bridge.name.replace('_', '-')}")
    except pytest.skip.Exception as reason:
        yield Row.of(bridge.framework, "an event", "µs", (), str(reason))
        return
    played = _play(environment, bridge.name, redis_url, rounds, turns)
    added: dict[str, list[float]] = played["added"]
    idle = added["idle"] or [0.0] * rounds
    own = median(event - way for event, way in zip(added["event"], idle, strict=True))
    note = played["version"] + (f"; OVER {GOAL_US:g} µs" if own > GOAL_US else "")
    yield Row.of(bridge.framework, "an event", "µs", added["event"], note)
    if added["idle"]:
        note = f"the framework's way to a handler; the bridge's own share is {own:.1f} µs"
        yield Row.of(bridge.framework, "an event that nobody looks at", "µs", added["idle"], note)
    what = "a span inside that is of no agent" if bridge.name == "opentelemetry" else "a token that is no news"
    yield Row.of(bridge.framework, what, "µs", added["token"])
    if own > GOAL_US:
        raise MeasurementError(f"{bridge.framework}: {own:.1f} µs an event, over {GOAL_US:g}")


def _play(environment: Path, name: str, redis_url: str, rounds: int, turns: int) -> Any:
    done = subprocess.run(
        [environment / "bin" / "python", "-m", "bench.turns", name, redis_url, str(rounds), str(turns)],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        timeout=PLAY_SECONDS,
        check=False,
    )
    if done.returncode:
        raise MeasurementError(f"{name}: {(done.stdout + done.stderr)[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure what was asked for, one after the other; show it, store it, and fail if one is over the goal."""
    names = [bridge.name for bridge in BRIDGES]
    parser = argparse.ArgumentParser(prog="python -m bench.bridges", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds, of which medians are shown")
    parser.add_argument("--turns", type=int, default=TURNS, help="an agent's turns in a round")
    parser.add_argument("--only", default="", metavar="A,B", help=f"these alone, of {', '.join(names)}")
    parser.add_argument("--output", type=Path, default=Path("bench/results"), help="folder for the JSON")
    given = parser.parse_args()
    only = list(filter(None, given.only.split(","))) or names
    for unknown in [name for name in only if name not in names]:
        parser.error(f"there is no {unknown!r}")
    console = Console(width=None if sys.stdout.isatty() else 200)
    shown: list[Row] = []
    failures: list[str] = []
    with embedded_server() as server:
        for bridge in [bridge for bridge in BRIDGES if bridge.name in only]:
            console.print(f"[dim]{bridge.framework}[/dim]", highlight=False)
            try:
                shown.extend(rows(bridge, server.url, given.rounds, given.turns))
            except MeasurementError as error:
                failures.append(str(error))
    print_rows("what a bridge adds, CPU of all threads", shown, console)
    facts = machine() | {"rounds": given.rounds, "turns": given.turns}
    console.print(f"written: {store('bridges', shown, facts, given.output)}", markup=False)
    for failure in failures:
        console.print(failure, style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
