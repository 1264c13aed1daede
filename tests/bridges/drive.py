"""Runs one framework's scenarios inside its own environment, and prints what the bridge told, as JSON.

`python -m tests.bridges.drive langchain`; with a key behind it, each inside a session of that key. It imports nothing
that a plain install of the publisher lacks, but the framework.
"""

import dataclasses
import importlib
import json
import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any

from agent_status_publisher.integrations import status_key
from agent_status_publisher.testing import RecordingPublisher

Scenario = Callable[[RecordingPublisher], None]


def drive(name: str, own_key: str | None = None) -> dict[str, Any]:
    """What `tests.bridges.scenarios.NAME` names: `PACKAGES`, whose versions are told, and `SCENARIOS`."""
    module = importlib.import_module(f"tests.bridges.scenarios.{name}")
    runs = {scenario: _run(_held(play, own_key) if own_key else play) for scenario, play in module.SCENARIOS.items()}
    return {"versions": {package: metadata.version(package) for package in module.PACKAGES}, "runs": runs}


def _held(play: Scenario, own_key: str) -> Scenario:
    """Play inside a block of the agent's own code, as the documents recommend."""

    def held(publisher: RecordingPublisher) -> None:
        with publisher.session(own_key, title="Mine"), status_key(own_key):
            play(publisher)

    return held


def _run(play: Scenario) -> dict[str, Any]:
    publisher = RecordingPublisher().start()
    raised = None
    try:
        play(publisher)
    except BaseException as error:  # noqa: BLE001 - whatever the framework does of its own is told
        raised = f"{type(error).__name__}: {error}"
    return {
        "changes": [dataclasses.asdict(change) for change in publisher.changes],
        "reported": [str(error) for error in publisher.errors],
        "raised": raised,
    }


if __name__ == "__main__":
    published = json.dumps(drive(*sys.argv[1:]))
    sys.stdout.write(f"\n{published}\n")  # frameworks may have said things of their own before
