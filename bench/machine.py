"""What a result was measured on, and room for thousands of connections."""

import os
import platform
import re
import resource
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = ("fastapi", "starlette", "sse-starlette", "uvicorn", "uvloop", "httptools")


def machine() -> dict[str, Any]:
    """The day, the cores, the versions of what is compared."""
    return {
        "date": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {
            "redis-server": _version("redis-server", "--version"),
            "nginx": _version("nginx", "-v"),
            "haproxy": _version("haproxy", "-v"),
            "caddy": _version("caddy", "version"),
            "centrifugo": _go_version("centrifugo"),
            "mercure": _version("mercure", "version"),
            "pushpin": _version("pushpin", "--version"),
            **{name: _package_version(name) for name in PACKAGES},
        },
    }


def raise_open_files() -> None:
    """As many as this process may have; servers and clients that it starts inherit them."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _cpu() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else platform.machine()


def _go_version(program: str) -> str | None:
    """The module that it was built of: one that was built by `go install` does not know its own version."""
    found = shutil.which(program)
    said = (
        subprocess.run(["go", "version", "-m", found], capture_output=True, text=True, timeout=20, check=False)
        if found and shutil.which("go")
        else None
    )
    module = re.search(r"^\s*mod\s+(\S+)\s+(v\S+)", said.stdout, re.MULTILINE) if said else None
    return " ".join(module.groups()) if module else _version(program, "version")


def _package_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _version(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return None
    return next(iter((done.stdout + done.stderr).strip().splitlines()), None)
