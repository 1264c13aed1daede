"""An environment beside the project's own, for what the tests run but must not import: `.venv-NAME` by its lock."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from chaos import need

PROJECT: Final = Path(__file__).parents[3]
INSTALL_SECONDS: Final = 900
PYTHONPATH: Final = os.pathsep.join([str(PROJECT), str(PROJECT / "publisher")])
"""The places of the tests and of the publisher, which no such environment has installed."""


def locked_environment(name: str) -> Path:
    """Its folder, with `requirements/NAME.txt` in it: installed once, and again when the lock has changed."""
    lock = PROJECT / "requirements" / f"{name}.txt"
    folder = PROJECT / f".venv-{name}"
    installed = folder / ".installed.txt"
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # files of tests that need the same one run at once
        wanted = held.read()
        if not installed.exists() or installed.read_bytes() != wanted:
            _install(folder, lock)
            installed.write_bytes(wanted)
    return folder


def _install(folder: Path, lock: Path) -> None:
    pip = (folder / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    make: list[str | Path] = [sys.executable, "-m", "venv", "--clear", folder]
    fill: list[str | Path] = [*pip, "install", "--require-hashes", "-r", lock]
    for command in (make, fill):
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode:
            need.missing(f"what {lock.name} lists ({(done.stdout + done.stderr).strip()[-2000:]})")
