"""Terminal during a live view: typed keys do not show, and Ctrl-Z gives it back until `fg`."""

import os
import signal
import sys
import termios
from types import FrameType, TracebackType
from typing import Any, Final, Self

from rich.live import Live

LOCAL_MODES: Final = 3
"""Index of the local modes in what tcgetattr() returns."""


class Screen:
    """Holds the terminal for `live`, from `with` to its end."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._is_asked_for = False
        self._modes: list[Any] | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGTSTP, self._ask)
        self._take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._give_back()
        signal.signal(signal.SIGTSTP, self._before)

    def lend_if_asked(self) -> bool:
        """Give the terminal to the shell and stop, if Ctrl-Z was pressed. True after that is over."""
        if not self._is_asked_for:
            return False
        self._give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._is_asked_for = False
        self._take()
        return True

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._is_asked_for = True

    def _take(self) -> None:
        self._modes = _hide_keys()
        self._live.start()

    def _give_back(self) -> None:
        self._live.stop()
        if self._modes is not None:
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._modes)
            self._modes = None


def _hide_keys() -> list[Any] | None:
    """Hide typed keys. Returns the modes from before, or None in the background."""
    try:
        file = sys.stdin.fileno()
        if os.tcgetpgrp(file) != os.getpgrp():
            return None  # in the background, where changing modes would stop us
        modes = termios.tcgetattr(file)
        quiet = [*modes]
        quiet[LOCAL_MODES] &= ~termios.ECHO
        termios.tcsetattr(file, termios.TCSADRAIN, quiet)
    except (OSError, ValueError, termios.error):
        return None
    return modes
