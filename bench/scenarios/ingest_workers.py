"""A process with many real publishers, which makes the changes of its load and counts them."""

import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from agent_status_publisher import StatusPublisher

SLICE_SECONDS: Final = 0.01
FLUSH_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one process does: `workers` from the number `first` on, each with `sessions` sessions."""

    redis_url: str
    first: int
    workers: int
    sessions: int
    seconds: float
    transitions_per_second: float

    @property
    def final_tools(self) -> dict[str, str]:
        """What every session shows in the end, by its key."""
        return {
            f"bench:{worker}-{session}": f"last of {worker}-{session}"
            for worker in range(self.first, self.first + self.workers)
            for session in range(self.sessions)
        }


def run_workers(load: Load, pipe: Connection) -> None:
    """Send "ready" when all sessions are there; begin when asked; send the number of changes; end when asked."""
    publishers = [StatusPublisher(load.redis_url, max_concurrent=load.sessions).start() for _ in range(load.workers)]
    tools = load.final_tools
    owners = [publishers[number // load.sessions] for number in range(len(tools))]
    sessions = [owner.session(key, title="Some work") for owner, key in zip(owners, tools, strict=True)]
    for publisher in publishers:
        publisher.flush(FLUSH_SECONDS)
    pipe.send("ready")
    pipe.recv()
    began_at, made = time.monotonic(), 0
    while (elapsed := time.monotonic() - began_at) < load.seconds:
        for _ in range(int(elapsed * load.transitions_per_second) - made):
            sessions[made % len(sessions)].tool_running(f"tool {made}")
            made += 1
        time.sleep(SLICE_SECONDS)
    pipe.send(made)
    for session, tool in zip(sessions, tools.values(), strict=True):
        session.tool_running(tool)
    pipe.send(all(publisher.flush(FLUSH_SECONDS) for publisher in publishers))
    pipe.recv()
    for publisher in publishers:
        publisher.close()
