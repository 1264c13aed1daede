"""A wall clock that processes believe in, and that a test may step while they run; needs Linux and a C compiler."""

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chaos import need

SOURCE: Final = Path(__file__).with_name("wall_clock.c")


class WallClock:
    """Monotonic clocks stay as they are. `wrapper` starts a program with it, `environment` is for Python's children."""

    def __init__(self, offset_seconds: int = 0) -> None:
        self._file = _folder() / "offset"
        self._file.write_bytes(bytes(8))
        self.set(offset_seconds)
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(_library()), "WALL_CLOCK_OFFSET": str(self._file)}

    @property
    def wrapper(self) -> tuple[str, ...]:
        return ("env", *(f"{name}={value}" for name, value in self.environment.items()))

    def set(self, offset_seconds: int) -> None:
        """Set how far from the truth it is. Written in place, since it is mapped where it is read."""
        with self._file.open("r+b") as file:
            file.write(offset_seconds.to_bytes(8, sys.byteorder, signed=True))
        self.offset_seconds = offset_seconds


@functools.cache
def _library() -> Path:
    if sys.platform != "linux":
        need.refused("another clock by LD_PRELOAD, as programs of Linux take it")
    need.executable_tmp()
    library = _folder() / "wall_clock.so"
    compiler = need.program("cc", "gcc", "clang")
    subprocess.run([compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", library, SOURCE], check=True, timeout=60)
    return library


def _folder() -> Path:
    """Until the end of this process: whom it started may look at it as long."""
    folder = tempfile.mkdtemp(prefix="wall-clock-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
