"""The C programs, compiled when first used and kept in the user's cache."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).parent / "c"
FLAGS: Final = ("-O2", "-Wall", "-Wextra")


class NoCompilerError(Exception):
    """There is no C compiler, or it refuses; the message says what to do."""


def compiled(name: str) -> Path:
    """The program made of `c/<name>.c`.

    Raises:
        NoCompilerError: It cannot be made.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompilerError(
            "the load generator is a C program and there is no compiler: install gcc (Debian: apt-get install gcc "
            "libc6-dev), or name one in CC"
        )
    source = SOURCES / f"{name}.c"
    texts = b"".join(path.read_bytes() for path in (source, *sorted(SOURCES.glob("*.h"))))
    fingerprint = hashlib.sha256(texts + " ".join((compiler, *FLAGS)).encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agent-status-bench"
    program = cache / f"{name}-{fingerprint}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = program.with_suffix(f".{os.getpid()}")
        done = subprocess.run(
            [compiler, *FLAGS, "-o", fresh, source], capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise NoCompilerError(f"{compiler} does not compile {source.name}: {done.stderr.strip()[-2000:]}")
        fresh.replace(program)
    return program
