"""Text from users' prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_publisher.contract.text import clean_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Fix auth bug", "Fix auth bug"),
        ("two\nlines\r\nand a\ttab", "two lines and a tab"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\u202eb", "a b"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        ("ü" * 30, "ü" * 19 + "…"),
        ("x" * 20, "x" * 20),
        (42, "42"),
    ],
)
def test_text_becomes_one_harmless_line(text: object, shown: str) -> None:
    assert clean_text(text, 20) == shown


@given(st.text(max_size=200), st.integers(1, 50))
def test_whatever_comes_is_bounded_one_line_and_valid_utf8(text: str, most: int) -> None:
    shown = clean_text(text, most)
    assert len(shown) <= most
    assert "\n" not in shown
    shown.encode("utf-8")
