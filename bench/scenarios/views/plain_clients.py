"""Clients without a view, an older checkout beside this one: what views cost those who do not use them.

In each round both gateways are up, each with its clients, and get events in turns. So whatever else the machine does
comes to both alike.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from agent_status_publisher import Session, StatusPublisher
from bench.account import cpu_ns, resident_bytes
from bench.checkout import OURS, Checkout
from bench.clients import Clients
from bench.gateway_run import GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row
from bench.ticker import publish_stamp

CLIENTS: Final = 1000
EVENTS: Final = 40
WARM_UP_EVENTS: Final = 3
SETTLE_SECONDS: Final = 0.3
PAUSE_SECONDS: Final = 0.03
WAIT_SECONDS: Final = 20.0
TITLE: Final = "Fix auth bug in login"
UNITS: Final = {"CPU per event": "µs", "CPU to connect": "µs", "memory per client": "KiB"}


@dataclass(frozen=True, slots=True)
class Side:
    """A gateway with its clients, and what each event cost it."""

    gateway: GatewayRun
    publisher: StatusPublisher
    session: Session
    clients: Clients
    connect_us: float
    client_kib: float
    event_us: list[float] = field(default_factory=list)

    def tell(self, count: int) -> None:
        """One event to its clients, until all have it."""
        before_ns = cpu_ns([self.gateway.pid])
        self.clients.wait_stamp(publish_stamp(self.publisher, self.session), WAIT_SECONDS)
        time.sleep(PAUSE_SECONDS)
        self.event_us.append((cpu_ns([self.gateway.pid]) - before_ns) / count / 1e3)

    @property
    def costs(self) -> dict[str, float]:
        told = self.event_us[WARM_UP_EVENTS:]
        values = (sum(told) / len(told), self.connect_us, self.client_kib)
        return dict(zip(UNITS, values, strict=True))


def measure(options: Options) -> Iterator[Row]:
    """A ratio for each round: its median says more than the medians of both."""
    if options.checkout == OURS:
        yield Row.of("plain clients", "beside an older checkout", "", (), "name it: --checkout FOLDER")
        return
    count, events = options.scaled(CLIENTS, 2), options.scaled(EVENTS)
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    checkouts = {"older": options.checkout, "this one": OURS}
    for number in range(options.rounds):
        costs = _round(checkouts, number, count, events)
        for name, found in costs.items():
            for measured, value in found.items():
                samples[name, measured].append(value)
        ratio = samples["this one", "CPU per event"][-1] / samples["older", "CPU per event"][-1]
        options.say(f"round {number + 1}/{options.rounds}: an event costs {ratio:.3f} times what it did")
    for measured, unit in UNITS.items():
        older, ours = samples["older", measured], samples["this one", measured]
        yield Row.of(f"{count} plain clients, older", measured, unit, older)
        yield Row.of(f"{count} plain clients, this one", measured, unit, ours)
        ratios = [mine / max(theirs, 0.01) for mine, theirs in zip(ours, older, strict=True)]
        options.say(f"{measured}: {median(ratios):.3f}")
        yield Row.of(f"{count} plain clients, this one beside the older", measured, "times", ratios)


def _round(checkouts: dict[str, Checkout], number: int, count: int, events: int) -> dict[str, dict[str, float]]:
    with ExitStack() as stack:
        names = list(checkouts)[:: 1 if number % 2 else -1]
        sides = {name: _side(stack, checkouts[name], count) for name in names}
        for event in range(WARM_UP_EVENTS + events):
            for name in names[:: 1 if event % 2 else -1]:
                sides[name].tell(count)
        return {name: side.costs for name, side in sides.items()}


def _side(stack: ExitStack, checkout: Checkout, count: int) -> Side:
    gateway = stack.enter_context(running_gateway(checkout=checkout))
    publisher = stack.enter_context(gateway.publisher())
    session = publisher.session("bench:1", title=TITLE)
    publisher.flush()
    time.sleep(SETTLE_SECONDS)
    clients = stack.enter_context(gateway.clients())
    before_ns, memory = cpu_ns([gateway.pid]), resident_bytes([gateway.pid])
    clients.connect(count)
    time.sleep(SETTLE_SECONDS)
    connect_us = (cpu_ns([gateway.pid]) - before_ns) / count / 1e3
    client_kib = (resident_bytes([gateway.pid]) - memory) / count / 1024
    return Side(gateway, publisher, session, clients, connect_us, client_kib)
