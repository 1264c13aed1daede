"""Some clients never read: what the others notice, whether memory grows, and what the stuck ones get in the end."""

import time
from collections.abc import Iterator
from typing import Final

from agent_status_publisher import Session, StatusPublisher
from bench.account import resident_bytes
from bench.clients import Clients, Report
from bench.gateway_run import GatewayRun, running_gateway
from bench.options import Options
from bench.row import Row
from bench.ticker import publish_stamp

CLIENTS: Final = 1000
STUCK: Final = 100
OTHER_SESSIONS: Final = 20
"""They make an event about 6 KB long, so that the kernel's buffers are full soon."""
RECEIVE_BUFFER_BYTES: Final = 4096
SECONDS: Final = 20.0
EVENT_SECONDS: Final = 0.15
WAIT_SECONDS: Final = 30.0
MIB: Final = 1024 * 1024


def measure(options: Options) -> Iterator[Row]:
    """The same events, first with nobody stuck; then a tenth of the clients stop reading."""
    count, stuck = options.scaled(CLIENTS, 20), options.scaled(STUCK, 2)
    seconds = SECONDS * options.scale
    with running_gateway() as gateway, gateway.publisher() as publisher:
        session = publisher.session("bench:1")
        for number in range(OTHER_SESSIONS):
            publisher.session(f"bench:other-{number}", title="Some other work that goes on").tool_running("bash")
        publisher.flush()
        with gateway.clients(receive_buffer_bytes=RECEIVE_BUFFER_BYTES) as clients:
            clients.connect(count)
            report, _, _ = _tell(gateway, publisher, session, clients, seconds)
            yield from _latency("nobody stuck", report)
            clients.stall(stuck)
            report, memory, newest_ns = _tell(gateway, publisher, session, clients, seconds)
            yield from _latency(f"{stuck} of {count} stuck", report)
            half = len(memory) // 2
            yield Row.of(f"{stuck} of {count} stuck", "gateway's memory", "MiB", [size / MIB for size in memory])
            yield Row.of("its second half", "growth", "KiB", [(max(memory[half:]) - memory[half]) / 1024])
            sent = len(memory)
            began_ns = clients.reset()
            clients.resume()
            ended_ns = clients.wait_stamp(newest_ns, WAIT_SECONDS)
            report = clients.report()
            yield Row.of(f"{stuck} read again", "all have the newest", "ms", [(ended_ns - began_ns) / 1e6])
            yield Row.of(
                f"{stuck} read again", "events each had yet to read", "", [report["events"] / stuck], f"of {sent}"
            )


def _tell(
    gateway: GatewayRun, publisher: StatusPublisher, session: Session, clients: Clients, seconds: float
) -> tuple[Report, list[int], int]:
    """What the readers got, the gateway's memory at each event, and the newest event's stamp."""
    clients.reset()
    memory: list[int] = []
    newest_ns, until = 0, time.monotonic() + seconds
    while time.monotonic() < until or not memory:
        newest_ns = publish_stamp(publisher, session)
        clients.wait_stamp(newest_ns, WAIT_SECONDS)
        memory.append(resident_bytes([gateway.pid]))
        time.sleep(EVENT_SECONDS)
    return clients.report(), memory, newest_ns


def _latency(subject: str, report: Report) -> Iterator[Row]:
    for name in ("p50", "p99", "max"):
        yield Row.of(subject, f"latency {name} of those who read", "ms", [report[f"latency_{name}_ms"]])
