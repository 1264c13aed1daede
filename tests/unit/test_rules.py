"""Each numbered rule of a module (`Rule 2. …` in its docstring) is cited by a test: `# fleet: Rule 2`."""

import ast
import re
from typing import Final

import pytest

from tests.unit.test_architecture import ROOT, modules

TESTS: Final = sorted((ROOT / "tests").rglob("test_*.py"))
CITED: Final = {
    found for path in TESTS for found in re.findall(r"^\s*# (\w+: Rule \d+)$", path.read_text("utf-8"), re.MULTILINE)
}
RULES: Final = [
    f"{module.rpartition('.')[2]}: Rule {number}"
    for module, path in modules().items()
    for number in re.findall(
        r"^Rule (\d+)[.:]", ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "", re.MULTILINE
    )
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_cited_by_a_test(rule: str) -> None:
    assert rule in CITED


def test_a_rule_that_is_cited_exists() -> None:
    assert CITED - set(RULES) == set()


def test_no_two_modules_with_rules_have_one_name() -> None:
    assert len(RULES) == len(set(RULES)) > 30
