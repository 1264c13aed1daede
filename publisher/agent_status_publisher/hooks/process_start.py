"""The start of a process on this machine, with which a dead process is told from a new one of the same number.

A hook names the process of its command-line agent, and ingest looks whether it still lives. Both ask here. The machine
uses process ids again, so an id alone says nothing.
"""

import sys
from pathlib import Path
from typing import Final

BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
PS: Final = "/bin/ps"
PS_SECONDS: Final = 0.5
"""Seconds after which `ps` is given up."""
STATE_FIELD: Final = 3
START_FIELD: Final = 22
"""Numbers of fields in `/proc/PID/stat`, as proc(5) counts them."""
DEAD: Final = ("Z", "X", "x")
"""States of a process that has ended, and whose parent has not yet asked for its exit status."""


def process_start(pid: int) -> str | None:
    """Return a text that identifies when a process started, or None if it has ended or cannot be known.

    Two equal texts of one `pid` mean the same process. The text of another machine or boot never equals one of this
    machine, as far as the system allows: Linux has a boot id, others only the time in seconds. On Linux the text also
    differs between containers, since each counts its processes by itself. Its content is nobody's business.

    Sources: proc(5) and `ps -o lstart=` of macOS and the BSDs. On Windows this is always None.
    """
    if pid <= 0:
        return None
    system: str = sys.platform  # a plain text, so that a type checker reads all three ways
    if system == "linux":
        return _from_proc(pid)
    return None if system == "win32" else _from_ps(pid)


def _from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        boot = BOOT_ID_FILE.read_text("ascii").strip()
        place = Path("/proc/self/ns/pid").readlink().name
    except (OSError, UnicodeDecodeError):
        return None
    # The program's name, the second field, may hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    if len(fields) <= START_FIELD - STATE_FIELD or fields[0] in DEAD:
        return None
    return f"{boot}/{place}/{fields[START_FIELD - STATE_FIELD]}"


def _from_ps(pid: int) -> str | None:
    import subprocess  # noqa: PLC0415 - the hook's command loads little, and Linux does not need it

    try:
        done = subprocess.run(  # noqa: S603 - our own arguments and a number
            [PS, "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PS_SECONDS,
            check=False,
            env={"LC_ALL": "C", "TZ": "UTC"},  # one text, whoever asks
        )
    except (OSError, subprocess.SubprocessError):
        return None
    state, _, start = done.stdout.decode("ascii", "replace").strip().partition(" ")
    if done.returncode != 0 or not start.strip() or state[0] in DEAD:
        return None
    return " ".join(start.split())
