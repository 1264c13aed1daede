"""Readers of changes in a hundred views, beside as many plain clients that get events of that size.

The fleet's reports cost something whoever reads. So an event of a view is given twice: with all that its gateway did,
and less what another gateway of the same fleet takes, which nobody reads. All three gateways are measured in the same
seconds: what the unread one takes differs from one ten seconds to the next by more than what is asked here. The clients
of a view connect one after another, as the plain ones do: in another order their events cost more.
"""

import json
import time
from collections.abc import Iterator
from typing import Final

from bench.clients import Clients
from bench.fleets.process import FleetProcess
from bench.fleets.worker import channel_name
from bench.gateway_run import CHANGE_MARKER, GatewayRun, gateway_beside, running_gateway
from bench.metrics import get, wait_for_sessions
from bench.options import Options
from bench.probes.held import HELD_PATH
from bench.row import Row, p99
from bench.scenarios.views.folding import folding, silence
from bench.scenarios.views.spent import Sample, Spent, rows_of, spend_at_once
from bench.ticker import Ticker

VIEWS: Final = 100
CLIENTS: Final = 5000
SESSIONS_OF_A_WORKER: Final = 100
CHANGES_PER_SECOND: Final = 100
DEBOUNCE_SECONDS: Final = 1.0
SECONDS: Final = 10.0
LEAST_SECONDS: Final = 2.0
SETTLE_SECONDS: Final = 2.0
FOLDED_VIEWS: Final = 3
TITLE: Final = "Fix auth bug in login".ljust(109, ".")
"""So long that a snapshot of this session alone is as long as a change of one session."""
UNITS: Final = {
    "CPU per event, all": "µs",
    "CPU per event, less the fleet's": "µs",
    "CPU per event of plain clients": "µs",
    "beside plain clients, all": "times",
    "beside plain clients, less the fleet's": "times",
    "CPU while nobody reads": "% of a core",
    "CPU": "% of a core",
    "events": "1/s",
    "bytes of an event": "B",
    "bytes of a plain event": "B",
    "loop held by its own work, p99": "ms",
    "loop held by its own work, longest": "ms",
    "loop held, longest": "ms",
    "changes of the folded sample": "",
}


def measure(options: Options) -> Iterator[Row]:
    """A sample of each measure a round; how long the loop is held comes from a gateway of its own, with a timer."""
    samples = []
    for number in range(options.rounds):
        samples.append(sample := _costs(options) | _held(options))
        told = (f"{name} {value:.3g} {UNITS[name]}" for name, value in sample.items())
        options.say(f"round {number + 1}/{options.rounds}: {', '.join(told)}")
    views = options.scaled(VIEWS)
    yield from rows_of(f"{options.scaled(CLIENTS, views)} clients in {views} views", samples, UNITS)


def _fleet(options: Options, gateway: GatewayRun) -> FleetProcess:
    views = options.scaled(VIEWS)
    return FleetProcess(gateway.redis_url, workers=views, sessions=SESSIONS_OF_A_WORKER, channels=views)


def _readers(options: Options, gateway: GatewayRun, count: int) -> Clients:
    views = _views(options)
    queries = [f"{view}&events=changes" for view in views for _ in range(count // len(views))]
    return gateway.clients(queries=queries, marker=CHANGE_MARKER)


def _views(options: Options) -> list[str]:
    return [f"channel={channel_name(number)}" for number in range(options.scaled(VIEWS))]


def _costs(options: Options) -> Sample:
    changes, seconds = options.scaled(CHANGES_PER_SECOND), max(LEAST_SECONDS, SECONDS * options.scale)
    count = options.scaled(CLIENTS, options.scaled(VIEWS))
    with (
        running_gateway(debounce_seconds=DEBOUNCE_SECONDS) as gateway,
        gateway_beside(gateway.redis_url, debounce_seconds=DEBOUNCE_SECONDS) as unread,
        _fleet(options, gateway) as fleet,
        running_gateway() as plain_gateway,
        plain_gateway.publisher() as publisher,
    ):
        session = publisher.session("bench:1", title=TITLE)
        publisher.flush()
        fleet.go_on()
        for of_fleet in (gateway, unread):
            wait_for_sessions(of_fleet.port, fleet.sessions)
        fleet.go_on(changes_per_second=changes)
        with (
            _readers(options, gateway, count) as readers,
            plain_gateway.clients() as plain_clients,
            Ticker(publisher, session, len(_views(options)) / changes),
        ):
            for clients in (readers, plain_clients):
                clients.connect(count)
            time.sleep(SETTLE_SECONDS)
            views, plain, alone = spend_at_once(
                seconds, (gateway, readers), (plain_gateway, plain_clients), (unread, None)
            )
    return _sample(alone, views, plain)


def _sample(alone: Spent, views: Spent, plain: Spent) -> Sample:
    return {
        "CPU per event, all": views.event_us(),
        "CPU per event, less the fleet's": views.event_us(alone),
        "CPU per event of plain clients": plain.event_us(),
        "beside plain clients, all": views.event_us() / plain.event_us(),
        "beside plain clients, less the fleet's": views.event_us(alone) / plain.event_us(),
        "CPU while nobody reads": alone.cpu,
        "CPU": views.cpu,
        "events": views.events / views.seconds,
        "bytes of an event": views.bytes_of_event,
        "bytes of a plain event": plain.bytes_of_event,
    }


def _held(options: Options) -> Sample:
    changes, seconds = options.scaled(CHANGES_PER_SECOND), max(LEAST_SECONDS, SECONDS * options.scale)
    count = options.scaled(CLIENTS, options.scaled(VIEWS))
    with (
        running_gateway(held=True, debounce_seconds=DEBOUNCE_SECONDS) as gateway,
        _fleet(options, gateway) as fleet,
        _readers(options, gateway, count) as readers,
    ):
        fleet.go_on()
        wait_for_sessions(gateway.port, fleet.sessions)
        with folding(gateway, _views(options)[:FOLDED_VIEWS]) as folded:
            readers.connect(count)
            fleet.go_on(changes_per_second=changes)
            time.sleep(SETTLE_SECONDS)
            get(gateway.port, HELD_PATH)
            time.sleep(seconds)
            held = json.loads(get(gateway.port, HELD_PATH))
            silence(fleet)
            changes_folded = folded.check()
    return {
        "loop held by its own work, p99": p99(held["busy_ms"]),
        "loop held by its own work, longest": max(held["busy_ms"]),
        "loop held, longest": max(held["late_ms"]),
        "changes of the folded sample": changes_folded,
    }
