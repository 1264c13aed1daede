"""Paths and modules that configurations name: each matches something, since a stale one is silent."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
LINTED: Final = [*TOOLS["ruff"]["src"], *TOOLS["mypy"]["mypy_path"], *TOOLS["ruff"]["lint"]["per-file-ignores"]]
CHECKED: Final = [
    *TOOLS["mypy"]["packages"],
    *(module for override in TOOLS["mypy"]["overrides"] for module in override["module"]),
]
SENT_TO_DOCKER: Final = [
    line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text("utf-8").split() if line.startswith("!")
]
SOURCES: Final = ("publisher", "gateway", "tests", "bench", "examples")


@cache
def imported() -> frozenset[str]:
    """The first part of every module that a file of ours imports, by import statement."""
    texts = (path.read_text("utf-8") for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    return frozenset(name for text in texts for name in re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE))


def is_ours(module: str) -> bool:
    """Whether a folder of that name is here, or in one of the projects."""
    parts = module.removesuffix(".*").split(".")
    return any(base.joinpath(*parts).is_dir() for base in (ROOT, ROOT / "publisher", ROOT / "gateway"))


@pytest.mark.parametrize("pattern", LINTED)
def test_a_path_that_ruff_or_mypy_is_given_is_there(pattern: str) -> None:
    assert pattern == "." or next(ROOT.glob(pattern.removesuffix("/**")), None)


@pytest.mark.parametrize("module", CHECKED)
def test_a_module_in_mypys_overrides_is_ours_or_imported(module: str) -> None:
    assert is_ours(module) or module.removesuffix(".*") in imported()


@pytest.mark.parametrize("pattern", SENT_TO_DOCKER)
def test_a_folder_that_docker_is_sent_is_there(pattern: str) -> None:
    assert (ROOT / pattern).exists()


def test_docker_is_sent_something() -> None:
    assert SENT_TO_DOCKER
