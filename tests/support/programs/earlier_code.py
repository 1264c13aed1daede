"""Both packages as they were at an earlier commit, for tests of old and new together."""

import io
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from chaos import need
from tests.support.programs.locked_environment import PROJECT

BEFORE_ANSWERS: Final = "db6f4d093e6741645ff81d35d7be3aceff09ddab"
"""A commit of before Redis remembered who has answered a question: its publisher gives the script two keys."""
BEFORE_THE_FOLD: Final = "1dff07fd55010eb5616b36aec55aec147201e933"
"""The last commit whose gateway looks at every report for every snapshot, and reads every report each time."""
BEFORE_ROWS_SAID_MORE: Final = "180b3204db5d3b37691de4e0db22628c66cbe253"
"""The last commit whose publisher and gateway know only the state of a session, its tool, title, error and tokens."""


def earlier_code(commit: str, folder: Path) -> dict[str, str]:
    """The environment in which this project's Python runs them. They are unpacked into the folder.

    A shallow clone, and a folder without git, do not have the commit.
    """
    command = [need.program("git"), "archive", "--format=tar", commit, "publisher", "gateway"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=60, check=False)
    if done.returncode:
        need.missing(f"the code of an earlier commit ({done.stderr.decode('utf-8', 'replace').strip()})")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return {"PYTHONPATH": os.pathsep.join([str(folder / "publisher"), str(folder / "gateway")])}
