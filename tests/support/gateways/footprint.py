"""What a process holds: to see that an attack leaves nothing behind."""

import os
import re
from pathlib import Path

from chaos import need
from chaos.wait import wait_until


class Footprint:
    """The memory and the descriptors of a process, as they are when this is made."""

    def __init__(self, pid: int) -> None:
        need.proc()
        self._pid = pid
        self._memory_kb = self._memory()
        self._descriptors = self._open()

    def is_as_before(self, room_kb: int) -> None:
        """It holds what it held: descriptors exactly, memory but for some room."""
        wait_until(
            lambda: self._open() <= self._descriptors,
            f"descriptors are {self._descriptors} again, not {self._open()}",
            15,
        )
        grown = self.grown_kb()
        assert grown <= room_kb, f"memory has grown by {grown} KB"

    def grown_kb(self) -> int:
        """How much more memory it holds."""
        return self._memory() - self._memory_kb

    def _open(self) -> int:
        return len(os.listdir(f"/proc/{self._pid}/fd"))  # noqa: PTH208 - numbers, not paths

    def _memory(self) -> int:
        status = Path(f"/proc/{self._pid}/status").read_text("utf-8")
        return int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[0])
