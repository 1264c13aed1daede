"""How much an answer for an agent may have."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.cli.mcp.bounds import MOST_CHARACTERS, page


def row(key: str, title: str | None = None) -> Any:
    return {"session_key": key, "title": title, "error_message": None}


@given(st.lists(st.text("abc:", min_size=1, max_size=4), unique=True, max_size=20), st.integers(1, 7))
def test_pages_have_each_row_once_and_no_more_than_they_may(keys: list[str], limit: int) -> None:
    rows = [row(key) for key in sorted(keys)]
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        shown, after = page(rows, after, limit)
        assert len(shown) <= limit
        found += [one["session_key"] for one in shown]
    assert found == sorted(keys)


def test_long_texts_are_cut_and_the_row_stays_as_it_is() -> None:
    given_row = row("web:1", "x" * 1000)
    (shown,), _ = page([given_row], "", 1)
    assert len(shown["title"]) == MOST_CHARACTERS
    assert shown["title"].endswith("…")
    assert len(given_row["title"]) == 1000
