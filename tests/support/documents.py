"""The documents as tests read them: their pages, tables, examples, links and anchors."""

import re
import tomllib
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
README: Final = (ROOT / "README.md").read_text("utf-8")
PAGES: Final = sorted(DOCS.rglob("*.md"))
DOCUMENTS: Final = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("*/README.md")), *PAGES]


def doc_page(name: str) -> str:
    """The text of one page, by its path in docs/."""
    return (DOCS / name).read_text("utf-8")


def rows(document: str, header: str) -> list[list[str]]:
    """The cells of the table that begins with this header line."""
    lines = document.partition(header)[2].splitlines()[2:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table]


def example(document: str, language: str, containing: str) -> str:
    """The one block of this language in a document that contains these words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)
    (block,) = [block for block in blocks if containing in block]
    return str(block)


def links(path: Path) -> Iterator[str]:
    """The targets of all links and images to something in this repository; none of those in code."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            yield str(target)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, spelt as Zensical and GitHub both spell them."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def navigation() -> list[str]:
    """Every page that the site's navigation leads to, in its order."""
    return list(_leaves(tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]))


def _leaves(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _leaves(part)
