"""Terminal during a live view: keys come one by one and do not show, and Ctrl-Z gives it back until `fg`.

Whatever ends the view gives the terminal back as it was. Where keys cannot be read, the view is shown without them: in
the background, without a terminal on stdin, and on systems without terminal modes.
"""

import errno
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, Self

from rich.live import Live

from agent_status_gateway.cli.terminal.live.keys import KeyDecoder
from agent_status_gateway.cli.terminal.output import drop_the_rest

try:
    import termios
except ImportError:  # a system without terminal modes
    HAS_MODES = False
else:
    HAS_MODES = True

Handler = Callable[[int, FrameType | None], None]
ENDS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
"""The signals that end a view that takes keys, as soon as nothing is being drawn."""
LOCAL_MODES: Final = 3
"""Index of the local modes in what tcgetattr() returns."""
CONTROL_CHARACTERS: Final = 6
"""Index of the control characters in what tcgetattr() returns."""
MOST_BYTES: Final = 4096
"""Maximum bytes that are read at once."""
NO_WRAP: Final = "\x1b[?7l"
"""Control after which a line that is wider than the screen is cut. Wrapped, it would scroll the first line away."""
WRAP: Final = "\x1b[?7h"
SEQUENCE_SECONDS: Final = 0.05
"""Seconds in which the rest of a key's sequence comes. After that, its first byte was an Escape."""


class Screen:
    """Holds the terminal for `live`, from `with` to its end.

    Args:
        live: What is shown.
        takes_keys: True if keys are read. If not, they do not show either.
    """

    def __init__(self, live: Live, *, takes_keys: bool = False) -> None:
        self._live = live
        self._takes_keys = takes_keys
        self._is_asked_for = False
        self._is_back = False
        self._is_hung_up = False
        self._ended_by: int | None = None
        self._read_at = 0.0
        self._modes: list[Any] | None = None
        self._before: dict[int, Any] = {}
        self._decoder = KeyDecoder()
        self._bell, self._ringing = socket.socketpair()
        self._bell.setblocking(False)
        self._ringing.setblocking(False)

    def __enter__(self) -> Self:
        handlers: dict[str, Handler] = {"SIGTSTP": self._ask, "SIGCONT": self._return, "SIGWINCH": self._resize}
        if self._takes_keys:
            handlers |= dict.fromkeys(ENDS, self._end_soon)
        try:
            for name, handler in handlers.items():
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as a shell may have it
                    self._before[number] = signal.signal(number, handler)
            self._take()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the terminal back.

        Raises:
            BrokenPipeError: The terminal is gone, and no signal has said so.
        """
        is_gone = isinstance(error, OSError) and error.errno == errno.EIO
        try:
            if is_gone:
                self._end_if_asked()
        finally:
            self._end()
        if is_gone:
            raise BrokenPipeError from None

    def ring(self) -> None:
        """End the waiting, from any thread."""
        with suppress(OSError):  # it rings already, or nobody waits any more
            self._ringing.send(b"\0")

    def wait(self, seconds: float) -> list[str]:
        """Keys that are pressed within this time. The waiting also ends when it rings."""
        if self._modes is None:
            self._take_keys()  # it may have come to the foreground
        reads_keys = self._takes_keys and self._modes is not None and not self._is_hung_up
        keyboard = [sys.stdin.fileno()] if reads_keys and _is_in_front() else []
        if self._decoder.is_in_sequence:
            seconds = SEQUENCE_SECONDS
        self._end_if_asked()
        ready, _, _ = select.select([self._bell, *keyboard], [], [], seconds)
        self._end_if_asked()
        if self._bell in ready:
            with suppress(OSError):
                self._bell.recv(MOST_BYTES)
        if keyboard and keyboard[0] in ready:
            return self._read(keyboard[0])
        return self._decoder.end() if time.monotonic() - self._read_at >= SEQUENCE_SECONDS else []

    def lend_if_asked(self) -> bool:
        """Give the terminal to the shell and stop, if Ctrl-Z was pressed. True after that or another stop."""
        if self._is_asked_for:
            self._give_back()
            resumed = signal.signal(signal.SIGCONT, signal.SIG_DFL)  # this end of a stop is known here
            os.kill(os.getpid(), signal.SIGSTOP)
            signal.signal(signal.SIGCONT, resumed)
            self._is_asked_for = self._is_back = False
            self._take()
            return True
        if self._is_back:
            self._is_back = False
            self._leave()
            self._set_modes()
            self._enter()
            return True
        return False

    def _read(self, file: int) -> list[str]:
        try:
            data = os.read(file, MOST_BYTES)
        except OSError:
            data = b""
        if not data:  # the terminal is gone, and would be ready for ever
            self._is_hung_up = True
        self._read_at = time.monotonic()
        return self._decoder.feed(data)

    def _end_soon(self, number: int, _frame: FrameType | None) -> None:
        """Note a signal that ends us. In the middle of a drawing, what gives the terminal back could get lost."""
        if self._ended_by is not None:
            self._end_by(number)  # a second one does not wait: the terminal may take no more
        self._ended_by = number
        self.ring()

    def _end_if_asked(self) -> None:
        if self._ended_by is not None:
            self._end_by(self._ended_by)

    def _end_by(self, number: int) -> None:
        """End as it would have ended without us; not by a core dump, which would leave the terminal as it is."""
        handler = self._before[number]
        if callable(handler):
            handler(number, None)
        sys.exit(128 + number)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._is_asked_for = True
        self.ring()

    def _return(self, _number: int, _frame: FrameType | None) -> None:
        self._is_back = True
        self.ring()

    def _resize(self, _number: int, _frame: FrameType | None) -> None:
        self.ring()

    def _take(self) -> None:
        self._take_keys()
        self._enter()

    def _enter(self) -> None:
        self._live.start()
        if self._takes_keys:
            self._live.console.file.write(NO_WRAP)

    def _leave(self) -> None:
        if self._takes_keys:
            self._live.console.file.write(WRAP)
        self._live.stop()

    def _give_back(self) -> None:
        try:
            self._leave()
        finally:
            if self._modes is not None:
                modes, self._modes = self._modes, None
                with suppress(termios.error, ValueError):
                    termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, modes)

    def _end(self) -> None:
        try:
            self._give_back()
        except OSError:  # the terminal is gone
            drop_the_rest()
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            self._before.clear()
            self._ringing.close()
            self._bell.close()

    def _take_keys(self) -> None:
        """Keep what the modes are, and set ours, unless that is not possible now."""
        if HAS_MODES and not self._is_hung_up and _is_in_front():
            with suppress(termios.error):
                self._modes = termios.tcgetattr(sys.stdin.fileno())
                self._set_modes()

    def _set_modes(self) -> None:
        if self._modes is None or not _is_in_front():
            return
        ours = [*self._modes]
        ours[LOCAL_MODES] &= ~termios.ECHO
        if self._takes_keys:
            ours[LOCAL_MODES] &= ~termios.ICANON
            ours[CONTROL_CHARACTERS] = [*ours[CONTROL_CHARACTERS]]
            ours[CONTROL_CHARACTERS][termios.VMIN] = 1
            ours[CONTROL_CHARACTERS][termios.VTIME] = 0
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, ours)


def _is_in_front() -> bool:
    """True if stdin is a terminal that is ours. In the background, to read it or to change its modes would stop us."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
