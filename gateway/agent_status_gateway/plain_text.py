"""Pure: text of strangers, made safe for whatever shows it.

Titles, tools and errors come from users. Their characters may act on a terminal, or show text in another order.
"""

import unicodedata
from typing import Final

JOINERS: Final = "\u200c\u200d"
"""Format characters that are kept, since some scripts and emoji are spelt with them."""


def plain(text: str) -> str:
    """The text with a space for each control, format (bidi marks among them) and private character and line break."""
    return "".join(" " if is_active(character) else character for character in text)


def is_active(character: str) -> bool:
    """Test whether a character does something else than to show itself."""
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and character not in JOINERS
