"""What balancers add is measured; its numbers are not looked at, but that there are some."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.balancers import BALANCERS
from chaos import need

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_each_balancer_has_its_rows(tmp_path: Path) -> None:
    need.program("cc", "gcc", "clang")
    for kind in BALANCERS.values():
        need.program(*kind.programs)
    options = ["--scale", "0.02", "--rounds", "1", "--output", str(tmp_path)]
    command = [sys.executable, "-m", "bench", "balancers", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "balancers.json").read_text("utf-8"))["rows"]
    added = {row["subject"]: len(row["samples"]) for row in rows if row["measure"] == "added to latency p50"}
    assert added == dict.fromkeys(BALANCERS, 1)
