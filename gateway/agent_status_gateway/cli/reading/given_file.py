"""A small text file that a person has named. Any file may be named, so that what is read has a limit."""

import stat
from pathlib import Path
from typing import Final, Literal

MOST_BYTES: Final = 65_536
"""The most bytes of a file with one key or secret."""
_EXPECTED: Final = {"utf-8": "must be UTF-8", "ascii": "must have ASCII characters only"}


class GivenFileError(ValueError):
    """A file that cannot be taken. The message names it, and repeats nothing that is in it."""


def read_given_file(
    path: Path,
    most_bytes: int = MOST_BYTES,
    encoding: Literal["utf-8", "ascii"] = "utf-8",
    *,
    is_read_again: bool = False,
) -> str:
    """Read a file as text. A pipe is taken as well, such as that of `--key-file <(pass show key)`.

    A pipe can be read once, and blocks the next time. So it is refused where a file is read again.

    Raises:
        GivenFileError: The file cannot be read, is too large, or is not text.
    """
    try:
        can_be_read = not (is_read_again and stat.S_ISFIFO(path.stat().st_mode))
        content = _beginning(path, most_bytes + 1) if can_be_read else b""
    except OSError as error:
        raise GivenFileError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None
    except ValueError:  # of a name with U+0000
        raise GivenFileError("its name must not have the character U+0000") from None
    if not can_be_read:
        raise GivenFileError(f"{path} must not be a pipe: it is read again each time")
    if len(content) > most_bytes:
        raise GivenFileError(f"{path} must be at most {most_bytes:,} bytes")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise GivenFileError(f"{path} {_EXPECTED[encoding]}") from None


def _beginning(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)
