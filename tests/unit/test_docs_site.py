"""The documents as a whole: what leads where, and how it is said."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.support.documents import DOCS, DOCUMENTS, PAGES, README, ROOT, anchors, doc_page, links, navigation

README_LINES: Final = 140
PAGE_LINES: Final = 250
KINDS_OF_FILE: Final = {".py", ".js", ".mjs", ".yml", ".yaml", ".cfg", ".conf", ".toml", ".lua", ""}
NOT_PLAIN: Final = re.compile(r"\b(?:meanwhile|anew|from then on|is wanted|are wanted)\b", re.IGNORECASE)
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len(README.splitlines()) <= README_LINES


@each_page
def test_a_page_is_short_enough_to_be_read_at_once(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= PAGE_LINES


def test_the_navigation_has_every_page_once() -> None:
    assert sorted(navigation()) == [str(path.relative_to(DOCS)) for path in PAGES]


@each_document
def test_every_link_leads_to_a_file_and_a_heading_that_exist(document: Path) -> None:
    for target in links(document):
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


@each_page
def test_no_page_links_to_what_the_site_does_not_have(path: Path) -> None:
    for target in links(path):
        assert (path.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS), target


def test_a_page_that_a_file_names_exists() -> None:
    folders = ("publisher", "gateway", "tests", "bench", "deploy", "scripts", "examples")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = [path.read_text("utf-8", "ignore") for path in files if path.suffix in KINDS_OF_FILE]
    named = {name for text in texts for name in re.findall(r"docs/[\w./-]+\.md", text)}
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()


@each_document
def test_a_page_uses_plain_words_for_time_and_for_what_must_be(document: Path) -> None:
    if document.name not in ("CHANGELOG.md", "CONTRIBUTING.md"):  # which has some of them as examples
        assert NOT_PLAIN.findall(document.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("claim", "name", "measured"),
    [
        ("284 measured runs", "reliability", "None of 284 runs was out of bounds"),
        (
            "shows after 0.46 s",
            "reliability",
            "| restarted, data lost | no flicker | one log line | heartbeat + 1 s | 0.46 s |",
        ),
        ("9.9 µs of CPU", "performance", "| **ours** | 9.93 "),
        ("a 17th of PocketPaw's", "performance", "a 17th of PocketPaw's"),
        ("half of what the Go servers", "performance", "**0.56** and **0.52"),
        ("90,000 deliveries a second", "cost-model", "≈ 90,000 deliveries a second at 80 %"),
        (
            "takes 1.4 µs, or 1.5 µs while Redis is down",
            "performance",
            "median 1.4 µs, p99 3.0 µs; Redis down: 1.5, 2.0 µs",
        ),
        ("start one in 0.7 s", "performance", "starts in 0.69 s"),
    ],
)
def test_a_number_of_the_readme_is_one_that_was_measured(claim: str, name: str, measured: str) -> None:
    assert claim in " ".join(README.split())
    assert measured in doc_page(f"explanation/{name}.md")
