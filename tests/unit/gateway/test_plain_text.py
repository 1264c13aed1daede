"""Text of strangers, made safe for whatever shows it. More cases are in golden/presentation.json."""

import pytest

from agent_status_gateway.plain_text import is_active, plain


@pytest.mark.parametrize("character", ["\t", "\n", "\x85", "\u2028", "\u202e", "\u2066", "\ue000", "\ufeff"])
def test_what_acts_is_shown_as_a_space(character: str) -> None:
    assert is_active(character)
    assert plain(f"a{character}b") == "a b"


@pytest.mark.parametrize("text", ["Fix | auth", "größer", "修复", "👩\u200d💻", "\u0645\u06cc\u200c\u062e", "a\u00a0b"])
def test_what_shows_itself_stays(text: str) -> None:
    assert plain(text) == text
