"""What a gateway used in some seconds, what its clients got of it, and rows of samples."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.account import cpu_ns
from bench.clients import Clients
from bench.gateway_run import GatewayRun
from bench.row import Row

Sample = dict[str, float]


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU, seconds, and the events and bytes that came to the clients."""

    cpu_us: float
    seconds: float
    events: float = 0.0
    bytes: float = 0.0

    @property
    def cpu(self) -> float:
        """% of a core."""
        return self.cpu_us / self.seconds / 1e4

    @property
    def bytes_of_event(self) -> float:
        return self.bytes / max(1.0, self.events)

    def event_us(self, beside: "Spent | None" = None) -> float:
        """CPU of one event; `beside` is what the gateway takes without these clients."""
        others_us = beside.cpu_us * self.seconds / beside.seconds if beside else 0.0
        return (self.cpu_us - others_us) / max(1.0, self.events)


def spend(gateway: GatewayRun, seconds: float, clients: Clients | None = None) -> Spent:
    """Wait for so long, and account for it."""
    return spend_at_once(seconds, (gateway, clients))[0]


def spend_at_once(seconds: float, *pairs: tuple[GatewayRun, Clients | None]) -> list[Spent]:
    """Wait for so long, and account for each of these gateways and its clients."""
    for _, clients in pairs:
        if clients:
            clients.reset()
    before_ns, began_at = [cpu_ns([gateway.pid]) for gateway, _ in pairs], time.monotonic()
    time.sleep(seconds)
    used_us = [(cpu_ns([gateway.pid]) - before) / 1e3 for (gateway, _), before in zip(pairs, before_ns, strict=True)]
    elapsed = time.monotonic() - began_at
    reports = [clients.report() if clients else {"events": 0.0, "bytes": 0.0} for _, clients in pairs]
    return [
        Spent(used, elapsed, report["events"], report["bytes"]) for used, report in zip(used_us, reports, strict=True)
    ]


def rows_of(subject: str, samples: Iterable[Sample], units: dict[str, str]) -> Iterator[Row]:
    """One row for each measure, with a sample a round."""
    found = list(samples)
    for name in found[0]:
        yield Row.of(subject, name, units[name], (sample[name] for sample in found))
