"""A program on a terminal of its own, and what is to be seen there."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from chaos.gateways.gateway_process import clean_environment
from chaos.need import program
from chaos.wait import wait_until

HOME: Final = "\x1b[H"
ENTER_SCREEN: Final = "\x1b[?1049h"
LEAVE_SCREEN: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
COLOUR: Final = re.compile(r"\x1b\[[\d;]*[mGK]")
"""Colours and moves within a line. Without them, a line is as it is seen."""


class PseudoTerminal:
    """All that is written is kept; nothing outlives the `with`."""

    def __init__(
        self, *command: str, width: int = 80, height: int = 24, environment: Mapping[str, str] | None = None
    ) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(width, height)
        plain = {name: value for name, value in clean_environment({}).items() if name not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            # In a session of its own, whose terminal this is. No signal is ignored, as in a shell with jobs.
            [program("env"), "--default-signal", program("setsid"), "--ctty", *command],
            env=plain | {"TERM": "xterm-256color"} | dict(environment or {}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._written = b""
        self._is_hung_up = False
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait(10)
        self._reader.join(10)
        if not self._is_hung_up:
            os.close(self._ours)

    @property
    def text(self) -> str:
        """All that was written."""
        return self._written.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def screen(self) -> str:
        """What is to be seen: the last screen that was drawn, without colours."""
        return COLOUR.sub("", self.text.rpartition(HOME)[2])

    @property
    def modes(self) -> list[object]:
        """The terminal's modes, as tcgetattr() has them."""
        return termios.tcgetattr(self._ours)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed."""
        self._is_hung_up = True
        self._reader.join(10)
        os.close(self._ours)

    def is_stopped(self) -> bool:
        """Whether it was stopped, as by Ctrl-Z."""
        return Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "T"

    def wait_for(self, text: str) -> str:
        """The screen, once this is on it."""
        try:
            wait_until(lambda: text in self.screen, f"{text!r} is on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.screen}") from None
        return self.screen

    def ended(self, timeout_seconds: float = 20.0) -> int:
        """The exit status."""
        status = self.process.wait(timeout_seconds)
        self._reader.join(10)
        return status

    def _read(self) -> None:
        while not self._is_hung_up:
            if not select.select([self._ours], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(self._ours, 65536)
            except OSError:  # Linux says so when the last program has left the terminal
                return
            if not piece:
                return
            self._written += piece
