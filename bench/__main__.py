"""`python -m bench`: what the parts cost, on this machine, now. Copy results to docs/explanation/performance.md."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from bench.checkout import OURS, Checkout, CheckoutError
from bench.compiled import NoCompilerError
from bench.machine import machine, raise_open_files
from bench.measurement import GROUPS, MEASUREMENTS, Measurement
from bench.options import Options
from bench.peers import PEERS
from bench.store import store


def main() -> None:
    """Run what was asked for, one after the other; show, store and draw each as it is done."""
    names, options = _parse()
    raise_open_files()
    sizes = {name: getattr(options, name) for name in ("clients", "rounds", "events", "scale")}
    facts = machine() | {"options": sizes}
    for name in names:
        try:
            _run(MEASUREMENTS[name], options, facts)
        except NoCompilerError as error:
            options.console.print(f"{name}: {error}", markup=False)
            sys.exit(1)


def _run(measurement: Measurement, options: Options, facts: dict[str, object]) -> None:
    options.say(f"{measurement.name}: {measurement.summary}")
    rows = list(measurement.measure(options))
    measurement.show(f"{measurement.name}: {measurement.summary}", rows, options.console)
    options.say(f"written: {store(measurement.name, rows, facts, options.output)}")
    if measurement.plot is None:
        return
    snapshot = options.output / f"{measurement.name}.png"
    try:
        measurement.plot(rows, snapshot)
    except ImportError:
        options.say("no plot: matplotlib is not installed (scripts/environment bench)")
    else:
        options.say(f"written: {snapshot}")


def _parse() -> tuple[list[str], Options]:
    defaults = Options()
    described = "\n".join(f"  {name:12} {what.summary}" for name, what in MEASUREMENTS.items())
    described += "".join(f"\n  {name:12} all of {', '.join(parts)}" for name, parts in GROUPS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"{__doc__}\n\nmeasurements:\n{described}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="measurements; all if none is given")
    parser.add_argument("--clients", type=int, default=defaults.clients, help="fanout: clients of each server")
    parser.add_argument("--rounds", type=int, default=defaults.rounds, help="rounds, of which medians are shown")
    parser.add_argument("--events", type=int, default=defaults.events, help="fanout: events in a round")
    parser.add_argument("--only", default="", metavar="A,B", help=f"fanout: these servers of {', '.join(PEERS)}")
    parser.add_argument("--scale", type=float, default=defaults.scale, help="other sizes and durations times this")
    parser.add_argument(
        "--checkout", type=Path, metavar="FOLDER", help="fleet and its kin, views-plain: another checkout's gateway"
    )
    parser.add_argument("--output", type=Path, default=defaults.output, help="folder for JSON and plots")
    given = parser.parse_args()
    only = tuple(filter(None, given.only.split(",")))
    names = [part for name in given.names for part in GROUPS.get(name, (name,))]
    for unknown in [name for name in names if name not in MEASUREMENTS] + [n for n in only if n not in PEERS]:
        parser.error(f"there is no {unknown!r}")
    try:
        checkout = Checkout.of(given.checkout) if given.checkout else OURS
    except CheckoutError as error:
        parser.error(str(error))
    options = Options(
        clients=given.clients,
        rounds=given.rounds,
        events=given.events,
        only=only,
        scale=given.scale,
        output=given.output,
        checkout=checkout,
        console=Console(width=None if sys.stdout.isatty() else 200),
    )
    return names or list(MEASUREMENTS), options


if __name__ == "__main__":
    main()
