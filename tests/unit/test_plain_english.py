"""The first four rules of plain English (CONTRIBUTING.md), over docstrings and over what people are shown."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.unit.test_architecture import PACKAGES, ROOT

FOLDERS: Final = (*PACKAGES.values(), ROOT / "chaos")
MACHINES: Final = (
    "replica|worker|gateway|client|server|process|program|browser|proxy|balancer|stream|connection|dashboard|primary"
    "|thread|subscriber|publisher|node|orchestrator|machine|host|peer"
)
OPENINGS: Final = re.compile(r"(?:It|That|Of|As|The same|What|Whatever|Who|Whoever|Whether)\b")
"""Beginnings that name nothing and ask for nothing."""
RULES: Final = {
    "a machine is not a person": re.compile(
        rf"\b(?:{MACHINES})s?,? who(?:m)?\b|\bwhoever\b|\bwhomever\b", re.IGNORECASE
    ),
    "the verb is negated": re.compile(
        r"(?<!\bthere )\b(?:is|are|was|were|be) no (?!longer\b|more\b|less\b|fewer\b|one\b)\w+", re.IGNORECASE
    ),
    "what must be is not wanted": re.compile(r"\b(?:is|are|was|were) wanted\b", re.IGNORECASE),
}
SHOWN_BY: Final = {"help", "description", "short_help", "epilog"}
"""Arguments whose text is shown: of commands, options, settings and fields."""
LOGGED_BY: Final = {"debug", "info", "warning", "error", "exception", "critical", "log"}
EXPECTED: Final[set[str]] = set()
"""Places that may break a rule."""


class Text(NamedTuple):
    """A docstring, or a text that is shown."""

    place: str
    text: str


def written_in(node: ast.expr) -> str:
    """The text of an expression, with an ellipsis for whatever is put in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(written_in(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        return written_in(node.left) + written_in(node.right)
    return ""


def docstrings(path: Path) -> Iterator[Text]:
    """Each of a module, class, function or constant: the latter stands alone below an assignment."""
    with_bodies = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    statements = (statement for node in nodes if isinstance(node, with_bodies) for statement in node.body)
    for statement in statements:
        if isinstance(statement, ast.Expr) and (text := written_in(statement.value)):
            yield Text(f"{path.relative_to(ROOT)}:{statement.lineno}", " ".join(text.split()))


def shown(path: Path) -> Iterator[Text]:
    """Help, descriptions, log lines and the messages of what is raised."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        texts: list[ast.expr] = []
        if isinstance(node, ast.Call):
            texts += [keyword.value for keyword in node.keywords if keyword.arg in SHOWN_BY]
            if isinstance(node.func, ast.Attribute) and node.func.attr in LOGGED_BY:
                texts += node.args[:2]
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            texts += node.exc.args
        for text in texts:
            if written := written_in(text):
                yield Text(f"{path.relative_to(ROOT)}:{text.lineno}", written)


@cache
def all_docstrings() -> tuple[Text, ...]:
    return tuple(text for folder in FOLDERS for path in sorted(folder.rglob("*.py")) for text in docstrings(path))


@cache
def all_shown() -> tuple[Text, ...]:
    return tuple(text for folder in FOLDERS for path in sorted(folder.rglob("*.py")) for text in shown(path))


def test_a_docstring_begins_with_what_it_names_or_with_what_to_do() -> None:
    wrong = {f"{one.place}: {one.text[:60]}" for one in all_docstrings() if OPENINGS.match(one.text)}
    assert sorted(wrong - EXPECTED) == []


@pytest.mark.parametrize("rule", RULES)
def test_docstrings_and_texts_keep_the_rule_that(rule: str) -> None:
    found = (
        (one.place, match[0]) for one in (*all_docstrings(), *all_shown()) for match in RULES[rule].finditer(one.text)
    )
    assert sorted({f"{place}: {text}" for place, text in found} - EXPECTED) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("a machine is not a person", "A replica who is late"),
        ("a machine is not a person", "whoever is lost"),
        ("the verb is negated", "it is no URL"),
        ("what must be is not wanted", "seconds above 0 are wanted"),
    ],
)
def test_a_text_that_breaks_a_rule_is_found(rule: str, text: str) -> None:
    assert [name for name, pattern in RULES.items() if pattern.search(text)] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "there is no compiler",
        "a worker whose lease has expired",
        "it is no longer there",
        "anyone who can write to Redis",
    ],
)
def test_a_text_that_keeps_the_rules_is_not_found(text: str) -> None:
    assert [name for name, pattern in RULES.items() if pattern.search(text)] == []


def test_every_kind_of_text_is_found() -> None:
    assert len(all_docstrings()) > 500
    assert len(all_shown()) > 100
