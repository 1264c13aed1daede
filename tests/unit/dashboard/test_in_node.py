"""The page's pure modules, in Node: each `.mjs` here is a file of Node's own tests."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from chaos import need

FOLDER: Final = Path(__file__).parent


@pytest.mark.parametrize("script", sorted(path.name for path in FOLDER.glob("*.mjs")))
def test_all_that_the_script_says_holds(script: str) -> None:
    command = [need.program("node"), "--no-warnings", "--experimental-detect-module", "--test", script]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
