"""The needs of a test: where the machine lacks one, the test is skipped, and the reason is shown.

A program, a package or an earlier commit can be installed or fetched, so that with REQUIRE_ALL=1 or CI=true its absence
is a failure. What a kernel or the rights of a user refuse cannot be installed: such a test is skipped everywhere.
"""

import functools
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest


def everything_is_required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1" or os.environ.get("CI") == "true"


def missing(what: str) -> NoReturn:
    """Skip for want of something that can be installed, or fail where all of it is required."""
    if everything_is_required():
        pytest.fail(f"{what} is required here (REQUIRE_ALL=1 or CI=true) and missing", pytrace=False)
    pytest.skip(f"{what} is not on this machine")


def refused(what: str) -> NoReturn:
    """Skip, whatever is required, for want of something that this machine cannot be given."""
    pytest.skip(f"this machine does not allow it: {what}")


def program(*names: str) -> str:
    """The first of these programs that is on PATH."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing(" or ".join(names))


def go() -> str:
    """The Go compiler, and a folder where its programs may run."""
    executable_tmp()
    return program("go")


def ipv6() -> None:
    """A loopback address of IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError as error:
        refused(f"IPv6 on loopback ({error})")


def proc() -> None:
    """Linux's /proc, where a process's state, memory and open files are read."""
    if not Path("/proc/self/stat").exists():
        refused("/proc")


def executable_tmp() -> None:
    """A folder for temporary files whose programs and libraries may be executed (mounted without `noexec`)."""
    if error := _why_not_executed():
        refused(f"programs in {tempfile.gettempdir()} ({error})")


@functools.cache
def _why_not_executed() -> str:
    with tempfile.TemporaryDirectory(prefix="status-exec-") as folder:
        script = Path(folder) / "script"
        script.write_text("#!/bin/sh\n")
        script.chmod(0o700)
        try:
            subprocess.run([script], check=True, timeout=20)
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
    return ""
