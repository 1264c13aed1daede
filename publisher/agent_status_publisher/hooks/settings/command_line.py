"""The command line that an agent runs for a hook. It runs this installation."""

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from agent_status_publisher.hooks.names import DEFAULT_URL

PROGRAM: Final = "agent-status-hook"
UNQUOTED: Final = re.compile(r"[A-Za-z0-9:/._\-\[\]%]*")
"""Text that cmd, PowerShell and Git Bash all read without quotes."""


class NoCommandError(Exception):
    """No command line would run this installation. The message says what to do."""


def command_line(cli: str, url: str, *, windows: bool = sys.platform == "win32") -> str:
    """Return the command that the agent runs.

    On Windows the agents run hooks with three shells that quote in different ways: cmd, PowerShell and Git Bash. A
    command without a path or a quote is the same in all, so there the program must be on `PATH`.

    Raises:
        NoCommandError: On Windows, the program is not on `PATH`, or the URL would have to be quoted.
    """
    if windows:
        return _for_windows(cli, url, on_path=shutil.which(PROGRAM) is not None)
    found = shutil.which(PROGRAM, path=str(Path(sys.executable).parent)) or shutil.which(PROGRAM)
    # Without -P, a json.py in the agent's folder would be imported in place of Python's own.
    program = (
        shlex.quote(str(Path(found).absolute()))
        if found
        else f"{shlex.quote(sys.executable)} -P -m agent_status_publisher.hooks.send"
    )
    return f"{program} {cli}{'' if url == DEFAULT_URL else f' --url {shlex.quote(url)}'}"


def _for_windows(cli: str, url: str, *, on_path: bool) -> str:
    if not on_path:
        raise NoCommandError(
            f"on Windows, agents find {PROGRAM} by PATH, and it is not there. Install it so that it is, for example "
            "with `uv tool install agent-status-publisher` or `pipx install agent-status-publisher`, and try again"
        )
    if not UNQUOTED.fullmatch(url):
        raise NoCommandError(f"--url {url}: on Windows it must have letters, digits and : / . _ - [ ] % only")
    return f"{PROGRAM} {cli}{'' if url == DEFAULT_URL else f' --url {url}'}"
