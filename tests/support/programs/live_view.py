"""The live view on a terminal of its own, and the bytes of its keys."""

from typing import Final

from tests.support.programs.commands import COMMAND
from tests.support.programs.pseudo_terminal import PseudoTerminal

DOWN: Final = b"\x1b[B"
PAGE_DOWN: Final = b"\x1b[6~"
END: Final = b"\x1b[F"
ENTER: Final = b"\r"
ESCAPE: Final = b"\x1b"
CTRL_C: Final = b"\x03"
CTRL_Z: Final = b"\x1a"


def watch(url: str, *options: str, **terminal: object) -> PseudoTerminal:
    """Start `watch` on this gateway."""
    return PseudoTerminal(*COMMAND, "watch", "--url", url, *options, **terminal)  # type: ignore[arg-type]
