"""What the tests and the benchmarks share stands below both, and its folders name their files."""

import re
from pathlib import Path
from typing import Final

import pytest

from chaos.faults.fault import FAULTS
from tests.unit.test_architecture import MOST_FILES, MOST_LINES, files_named_by, imports

ROOT: Final = Path(__file__).parents[2]
CHAOS: Final = ROOT / "chaos"
FILES: Final = sorted(CHAOS.rglob("*.py"))
FOLDERS: Final = sorted({path.parent for path in FILES})


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_it_imports_neither_the_tests_nor_the_benchmarks(path: Path) -> None:
    assert {name for name in imports(path) if name.partition(".")[0] in {"tests", "bench"}} == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_names_each_of_its_few_files(folder: Path) -> None:
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(files_named_by(folder)) == sorted(files | folders)
    assert len(files) <= MOST_FILES


def test_each_fault_has_a_test() -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    named = {name for text in texts for name in re.findall(r'"([a-z-]+)"', text)}
    assert set(FAULTS) - named == set()
