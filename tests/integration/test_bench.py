"""The benchmarks run: small sizes, no number is looked at but those that say that they measured something."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support import need

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fan_out_is_measured_beside_the_floor(tmp_path: Path) -> None:
    need.program("cc", "gcc", "clang")
    only = "ours,streaming_response,send_loop"
    run("fanout", "--clients", "20", "--rounds", "1", "--events", "2", "--only", only, "--output", str(tmp_path))
    rows = json.loads((tmp_path / "fanout.json").read_text("utf-8"))["rows"]
    delivered = {row["subject"]: row["samples"] for row in rows if row["measure"].startswith("delivered")}
    assert delivered == {"ours": [100.0], "streaming_response": [100.0], "send_loop": [100.0]}


def test_an_unknown_measurement_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "there is no 'speed'" in done.stderr
