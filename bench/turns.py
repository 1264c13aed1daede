"""Plays one framework's turns inside its own environment, with its bridge and without, and prints CPU times as JSON.

`python -m bench.turns langchain redis://… ROUNDS TURNS`. It imports nothing that a plain install of the publisher
lacks, but the framework. The publisher is a real one, which writes all of it to a real server at the same
time; its thread's CPU is in the times.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from importlib import metadata
from types import ModuleType
from typing import Any, Final

from agent_status_publisher import StatusPublisher
from agent_status_publisher.testing import RecordingPublisher

Play = Callable[[int, int], None]
"""Plays so many turns, in each of which the model writes so many tokens."""
TOKENS: Final = 500
"""In each of a twentieth as many turns."""


def measure(name: str, redis_url: str, rounds: int, turns: int) -> dict[str, Any]:
    """µs that are added to an event and to a token, in each round, and to an event if nobody does anything with it."""
    module = importlib.import_module(f"bench.callbacks.{name}")
    _rehearse(module)
    bare = module.player(None)
    idle = module.idle_player() if hasattr(module, "idle_player") else None
    added: dict[str, list[float]] = {"event": [], "token": [], "idle": []}
    few = turns // 20 + 1
    with StatusPublisher(redis_url, namespace="bench") as publisher:
        bridged = module.player(publisher)
        for play in (bare, bridged):
            play(few, TOKENS)  # whatever is made at first use
        for _ in range(rounds):
            alone = _cpu_us(bare, turns, 0)
            event = (_cpu_us(bridged, turns, 0) - alone) / module.EVENTS
            long_turn = _cpu_us(bridged, few, TOKENS) - _cpu_us(bare, few, TOKENS)
            added["event"].append(event)
            added["token"].append((long_turn - event * module.EVENTS) / TOKENS)
            if idle is not None:
                added["idle"].append((_cpu_us(idle, turns, 0) - alone) / module.EVENTS)
    return {"version": f"{module.PACKAGE} {metadata.version(module.PACKAGE)}", "added": added}


def _rehearse(module: ModuleType) -> None:
    """Once, to somebody who remembers: times of a bridge that has seen nothing would be worth nothing."""
    publisher = RecordingPublisher()
    module.player(publisher)(1, TOKENS)
    states = [change.state for change in publisher.changes]
    if publisher.errors or states[:1] != ["thinking"] or "tool_running" not in states or states[-1] is not None:
        sys.exit(f"{module.__name__} was not seen as it should be: {states}, {publisher.errors}")


def _cpu_us(play: Play, turns: int, tokens: int) -> float:
    """Of one turn, all threads of this process together."""
    began_ns = time.process_time_ns()
    play(turns, tokens)
    return (time.process_time_ns() - began_ns) / 1000 / turns


if __name__ == "__main__":
    measured = json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    sys.stdout.write(f"\n{measured}\n")  # frameworks may have said things of their own before
