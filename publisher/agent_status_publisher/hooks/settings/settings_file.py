"""An agent's settings file: how it is read, and replaced in one step."""

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from agent_status_publisher.hooks.settings.entries import SettingsFileError

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest settings file that is read."""
NEW_MODE: Final = 0o600


def read(file: Path) -> str:
    """Return the text of a file; an empty text if there is none.

    Raises:
        SettingsFileError: This is not a regular file, is too large, or is not UTF-8.
        OSError: The file cannot be read.
    """
    try:
        found = file.stat()
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(found.st_mode):
        raise SettingsFileError("this is not a regular file")
    if found.st_size > MAX_BYTES:
        raise SettingsFileError(f"this is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        # Not read_text: it would change the ends of lines, and a file that changed could not be told from this one.
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsFileError("this is not UTF-8 text; save it as UTF-8, and try again") from None


def replace(file: Path, text: str) -> None:
    """Replace a file in one step, since a half-written one would stop the agent. Links are followed.

    An existing file keeps its owner, group and mode, also if root replaces another user's file. A new one, and its new
    folders, belong to the owner of the folder that was there.

    Raises:
        SettingsFileError: The owner cannot be kept.
        OSError: The file cannot be written. Nothing is left behind.
    """
    file = Path(os.path.realpath(file))
    owner = _make_folder(file.parent)
    mode = NEW_MODE
    if file.exists():
        owner, mode = file.stat(), stat.S_IMODE(file.stat().st_mode)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(text.encode("utf-8"))
            opened.flush()
            os.fsync(opened.fileno())
        _give(draft, owner)
        draft.chmod(mode)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> os.stat_result:
    """Make a folder and those above it, and return what is known of the lowest one that was there."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    owner = folder.stat()
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        _give(one, owner)
    return owner


def _give(path: Path, owner: os.stat_result) -> None:
    is_now = path.stat()
    if (is_now.st_uid, is_now.st_gid) == (owner.st_uid, owner.st_gid) or not hasattr(os, "chown"):
        return
    try:
        os.chown(path, owner.st_uid, owner.st_gid)
    except PermissionError:
        raise SettingsFileError("its owner and group would change; run this command as its owner") from None
