"""A small file that is read again when its content has changed.

Rule 1. Only the content counts: a file can be replaced by another of equal size, time and inode.
Rule 2. A change counts once two looks in a row see the same content, so that a half-written file is not taken.
Rule 3. Only a regular file of at most `MAX_BYTES` is read: a pipe would block, and a device has no end.
"""

import os
import stat
import sys
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 1024 * 1024
"""The most bytes of a file."""


class FileError(ValueError):
    """A file that is not read. The message names the file and says what would be right."""


class WatchedFile:
    """The content of one file, as of the last look that counted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counted: bytes | str | None = None
        self._newest: bytes | str | None = None
        self.is_world_writable = False
        """True if every user of the machine may write to the file, as of the last look."""

    def read(self) -> bytes:
        """Read the file now; what it holds counts at once.

        Raises:
            FileError: The file cannot be read, is not regular, or is too large.
        """
        self._counted = self._newest = content = self._look()
        return self._given(content)

    def changed(self) -> bytes | None:
        """Look at the file once; return a content that counts from now on, else None.

        Raises:
            FileError: As for `read`, once for each such change.
        """
        before, self._newest = self._newest, self._look()
        if self._newest in (self._counted, None) or self._newest != before:
            return None
        self._counted = self._newest
        return self._given(self._counted)

    def _given(self, content: bytes | str) -> bytes:
        if isinstance(content, str):
            raise FileError(content)
        return content

    def _look(self) -> bytes | str:
        """The content, or the reason why there is none."""
        try:
            # Without O_NONBLOCK, opening a pipe would wait for a writer.
            descriptor = os.open(self._path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except OSError as error:
            return f"{self._path} cannot be read: {error.strerror}"
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                return f"{self._path} must be a regular file"
            # Windows has no such right, and says that everyone has it.
            self.is_world_writable = bool(mode & stat.S_IWOTH) and sys.platform != "win32"
            content = _at_most(descriptor, MAX_BYTES + 1)
        except OSError as error:
            return f"{self._path} cannot be read: {error.strerror}"
        finally:
            os.close(descriptor)
        return content if len(content) <= MAX_BYTES else f"{self._path} must be at most {MAX_BYTES} bytes"


def _at_most(descriptor: int, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := os.read(descriptor, most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
