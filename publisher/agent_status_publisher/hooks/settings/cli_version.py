"""The version of an installed command-line agent, asked with a time limit."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from agent_status_publisher.hooks.settings.clis import Version

ANSWER_SECONDS: Final = 5.0
"""Seconds after which the agent is given up. Node and a cold disk take two."""
OTHER_FOLDERS: Final = (".local/bin", ".claude/local")
"""Folders in the home folder, beside those of `PATH`, in which agents install themselves."""


def parse_version(text: str) -> Version | None:
    """Return the first version of a text such as `2.1.240 (Claude Code)`."""
    found = re.search(r"(?<![\d.])(\d{1,6})\.(\d{1,6})\.(\d{1,6})", text, re.ASCII)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def show_version(version: Version) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def ask_version(program: str, seconds: float = ANSWER_SECONDS) -> Version | None:
    """Run `program --version`. None if it is not found, fails, or does not answer in time."""
    path = shutil.which(program) or next(
        (found for folder in OTHER_FOLDERS if (found := shutil.which(program, path=str(Path.home() / folder)))), None
    )
    if path is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the user's own agent
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_version(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else None
