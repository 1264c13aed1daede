"""A process at its limit: one worker or some, whose sessions change at a rate. It times each call."""

import random
import time
from array import array
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import enumerate as all_threads
from typing import Final

from agent_status_publisher import Session, StatusPublisher

PROBE_KEY: Final = "bench:0"
"""The session whose tool names say when they were set."""
TITLE: Final = "Find out why the total of an order is wrong after a customer has changed the currency, case"
"""A title by which a session takes about 250 bytes of a report."""
FLUSHER: Final = "agent-status-flusher"
SLICE_SECONDS: Final = 0.002
FLUSH_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What is asked of the process: so many sessions, divided among so many workers, each changed so often a second."""

    redis_url: str
    workers: int
    sessions: int
    changes_per_session: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the process did. Times are in nanoseconds, those of calls on the wall clock.

    Attributes:
        probe_stamps: When the probe was changed, on the monotonic clock.
        thread_cpu_ns: The part of `cpu_ns` that the publishers' threads took.
    """

    seconds: float
    calls_ns: "array[int]"
    probe_stamps: list[int]
    cpu_ns: int
    thread_cpu_ns: int


def run_workers(limit: Limit, pipe: Connection) -> None:
    """Send "ready" when all sessions are in Redis; begin when asked; send what was made; end when asked."""
    publishers = [StatusPublisher(limit.redis_url, max_concurrent=limit.sessions).start() for _ in range(limit.workers)]
    handles = [
        publishers[number % limit.workers].session(f"bench:{number}", title=f"{TITLE} {number}")
        for number in range(limit.sessions)
    ]
    for handle in handles:
        handle.usage(input=500, output=100)
    for publisher in publishers:
        publisher.flush(FLUSH_SECONDS)
    clocks = [
        time.pthread_getcpuclockid(thread.ident) for thread in all_threads() if thread.name == FLUSHER and thread.ident
    ]
    pipe.send("ready")
    pipe.recv()
    pipe.send(_change(limit, handles, clocks))
    pipe.recv()
    for publisher in publishers:
        publisher.close()


def _change(limit: Limit, handles: list[Session], clocks: list[int]) -> Made:
    """Change the sessions at their rate."""
    rate = limit.sessions * limit.changes_per_session
    # At random, since changes at the pace of the reports would each wait as long as the first.
    order = random.Random(1).choices(handles, k=10 * limit.sessions)
    calls_ns, probe_stamps = array("q"), []
    cpu_ns, threads_ns, began_at = time.process_time_ns(), sum(map(time.clock_gettime_ns, clocks)), time.monotonic()
    made = 0
    while (elapsed := time.monotonic() - began_at) < limit.seconds:
        for number in range(made, wanted := int(elapsed * rate)):
            handle = order[number % len(order)]
            started_ns = time.monotonic_ns()
            handle.tool_running(f"at {started_ns}")
            calls_ns.append(time.monotonic_ns() - started_ns)
            if handle is handles[0]:
                probe_stamps.append(started_ns)
        made = wanted
        time.sleep(SLICE_SECONDS)
    return Made(
        seconds=elapsed,
        calls_ns=calls_ns,
        probe_stamps=probe_stamps,
        cpu_ns=time.process_time_ns() - cpu_ns,
        thread_cpu_ns=sum(map(time.clock_gettime_ns, clocks)) - threads_ns,
    )
