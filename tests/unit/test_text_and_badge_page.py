"""The page on text and badge, held against what is answered."""

import re

import pytest

from agent_status_gateway.http.endpoints.glance import BADGE_HEADERS
from agent_status_gateway.http.glance.badge import badge
from agent_status_gateway.http.glance.headline import headline
from agent_status_gateway.http.glance.status_text import FIELDS, MAX_SESSIONS, MAX_TEXT_CHARACTERS, status_text
from agent_status_gateway.state.views.tally import Tally
from chaos.workers.reports import session
from tests.support.builders.tallies import tally_of
from tests.support.documents import DOCS, doc_page, rows

PAGE = doc_page("reference/text-and-badge.md")
FOUND = tally_of(
    session("web:42", "waiting_for_user", title="Fix auth bug", changed_ms=310_000),
    session("web:7", "waiting_for_user", changed_ms=12_000),
    session("ci:1831", "error", title="Nightly build", error="worker lost", changed_ms=95_000),
    *(session(f"web:{number}") for number in range(4)),
)
TALLIES = {
    "error": (Tally("", "degraded", 2, 1, 4, []), False),
    "waiting": (Tally("", "active", 2, 0, 4, []), False),
    "working": (Tally("", "active", 0, 0, 4, []), False),
    "idle": (Tally("", "idle", 0, 0, 0, []), False),
    "stale": (Tally("", "active", 2, 0, 4, []), True),
}


def test_the_example_of_the_text_is_what_is_answered() -> None:
    assert f"```\n{status_text(FOUND, None, 0.0)}```" in PAGE
    assert f"`{headline(FOUND, 40.0)}`" in PAGE


def test_the_fields_of_a_line_are_those_that_are_written() -> None:
    documented = [re.fullmatch(r"(\d) `(\w+)`", row[0]) for row in rows(PAGE, "| field | what it is |")]
    assert [(int(one[1]), one[2]) for one in documented if one] == [*enumerate(FIELDS, 1)]


def test_the_bounds_are_those_that_hold() -> None:
    assert f"At most {MAX_SESSIONS} sessions have a line" in PAGE
    assert f"cut to {MAX_TEXT_CHARACTERS} characters" in PAGE


def test_the_headers_of_the_badge_are_those_that_are_sent() -> None:
    assert f"`Cache-Control` is `{BADGE_HEADERS['Cache-Control']}`" in PAGE
    assert f"`Content-Security-Policy` is `{BADGE_HEADERS['Content-Security-Policy']}`" in PAGE


@pytest.mark.parametrize("name", TALLIES)
def test_a_badge_that_the_docs_show_is_one_that_is_drawn(name: str) -> None:
    tally, is_stale = TALLIES[name]
    drawn = badge(tally, is_stale=is_stale)
    assert (DOCS / "images" / f"badge-{name}.svg").read_text("utf-8") == drawn
    title = re.findall("<title>(.*)</title>", drawn)[0]
    assert f"![{title}](../images/badge-{name}.svg)" in PAGE
