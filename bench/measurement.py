"""All there is to measure, by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import fanout
from bench.options import Options
from bench.plot import plot_bars, plot_lines
from bench.row import Row
from bench.scenarios import (
    balancers,
    beside,
    fresh_replica,
    full_reading,
    growth,
    healthz,
    idle,
    ingest,
    large_fleet,
    one_change,
    publisher,
    publisher_calls,
    publisher_limits,
    replica_start,
    snapshots,
    storm,
    stuck,
)
from bench.scenarios.views import first_change, many_views, memory, own_views, plain_clients, traffic
from bench.scenarios.views import large_fleet as large_fleet_in_views
from bench.table import print_rows, print_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What it is, how it is taken, and how it is shown."""

    name: str
    summary: str
    measure: Callable[[Options], Iterator[Row]]
    show: Callable[[str, list[Row], Console], None] = print_rows
    plot: Callable[[list[Row], Path], None] | None = None


MEASUREMENTS: Final[dict[str, Measurement]] = {
    one.name: one
    for one in (
        Measurement(
            name="fanout",
            summary="one event to many clients, our gateway and its peers",
            measure=fanout.measure,
            show=print_subjects,
            plot=plot_bars,
        ),
        Measurement(name="storm", summary="all clients reconnect at once", measure=storm.measure),
        Measurement(name="stuck", summary="some clients never read", measure=stuck.measure),
        Measurement(name="healthz", summary="a probe while events are sent to many clients", measure=healthz.measure),
        Measurement(name="idle", summary="many clients, no news", measure=idle.measure),
        Measurement(name="balancers", summary="what a load balancer adds to an event's way", measure=balancers.measure),
        Measurement(name="ingest", summary="a busy fleet's reports", measure=ingest.measure),
        Measurement(name="snapshots", summary="a large snapshot, made and sent", measure=snapshots.measure),
        Measurement(name="publisher", summary="a busy worker, and one at rest", measure=publisher.measure),
        Measurement(name="calls", summary="an agent's calls, one by one", measure=publisher_calls.measure),
        Measurement(name="limits", summary="a worker with many busy sessions", measure=publisher_limits.measure),
        Measurement(name="start", summary="a fresh replica's first right answer", measure=replica_start.measure),
        Measurement(name="fleet", summary="a hundred thousand sessions", measure=large_fleet.measure),
        Measurement(
            name="change", summary="one change in a fleet of any size", measure=one_change.measure, plot=plot_lines
        ),
        Measurement(name="reading", summary="a full reading when nothing has changed", measure=full_reading.measure),
        Measurement(name="beside", summary="small fleets, an older checkout beside this one", measure=beside.measure),
        Measurement(name="fresh", summary="a fresh replica of a large fleet", measure=fresh_replica.measure),
        Measurement(
            name="growth",
            summary="what clients, sessions and workers add",
            measure=growth.measure,
            plot=plot_lines,
        ),
        Measurement(
            name="views-plain",
            summary="clients without a view, beside an older checkout",
            measure=plain_clients.measure,
        ),
        Measurement(
            name="views-many", summary="changes in many views, beside plain clients", measure=many_views.measure
        ),
        Measurement(
            name="views-first", summary="how soon a first change after quiet comes", measure=first_change.measure
        ),
        Measurement(
            name="views-fleet", summary="views of a hundred thousand sessions", measure=large_fleet_in_views.measure
        ),
        Measurement(name="views-own", summary="a view of one session for each client", measure=own_views.measure),
        Measurement(name="views-memory", summary="what a client with a view takes", measure=memory.measure),
        Measurement(
            name="views-bytes", summary="bytes of changes and of snapshots, beside peers", measure=traffic.measure
        ),
    )
}
GROUPS: Final = {"views": tuple(name for name in MEASUREMENTS if name.startswith("views-"))}
"""Names that stand for several measurements."""
