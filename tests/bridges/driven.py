"""What a bridge told, driven by drive.py inside its framework's environment."""

import json
import os
import subprocess
import tempfile
from typing import Any, Final

from tests.bridges.contract import Published
from tests.support.programs.locked_environment import PROJECT, PYTHONPATH, locked_environment

DRIVE_SECONDS: Final = 240


def driven(scenarios: str, *, bridge: str, own_key: str | None = None) -> tuple[dict[str, Published], dict[str, str]]:
    """Scenario by scenario, and the versions of the packages that were driven.

    Args:
        scenarios: The module in `tests.bridges.scenarios`.
        bridge: The bridge in whose environment they run.
        own_key: The key of a session of the agent's own code around each scenario, if there is one.
    """
    environment = locked_environment(f"bridge-{bridge.replace('_', '-')}")
    with tempfile.TemporaryDirectory(prefix="bridge-") as home:  # some write there as soon as they are imported
        done = subprocess.run(
            [environment / "bin" / "python", "-m", "tests.bridges.drive", scenarios, *([own_key] if own_key else [])],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "HOME": home, "PYTHONPATH": PYTHONPATH},
            capture_output=True,
            text=True,
            timeout=DRIVE_SECONDS,
            check=False,
        )
    assert done.returncode == 0, f"{scenarios} could not be driven:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {scenario: Published(run) for scenario, run in said["runs"].items()}, said["versions"]
