"""What a test needs of the machine: skipped with its reason where it is missing, a failure where all is required."""

import os
import shutil
from typing import NoReturn

import pytest


def everything_is_required() -> bool:
    return os.environ.get("REQUIRE_ALL") == "1" or os.environ.get("CI") == "true"


def missing(what: str) -> NoReturn:
    if everything_is_required():
        pytest.fail(f"{what} is required here (REQUIRE_ALL=1 or CI=true) and missing", pytrace=False)
    pytest.skip(f"{what} is not on this machine")


def program(*names: str) -> str:
    """The first of these programs that is on PATH."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing(" or ".join(names))
