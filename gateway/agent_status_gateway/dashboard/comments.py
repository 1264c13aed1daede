"""Pure: comments of the page's files, which people read in the source and no browser needs.

Rule 1. A comment goes if its lines hold nothing else. One behind code stays, since only a parser knows where it begins.
Rule 2. Each line keeps its number, so that what a browser says of a line is true of the source.
"""

import re
from types import MappingProxyType
from typing import Final

_BLOCK: Final = rb"^[ \t]*/\*(?:[^*]|\*(?!/))*\*/[ \t]*$"
_LINE: Final = rb"^[ \t]*//[^\n]*$"
_COMMENTS: Final = MappingProxyType(
    {".css": re.compile(_BLOCK, re.MULTILINE), ".js": re.compile(_BLOCK + b"|" + _LINE, re.MULTILINE)}
)


def without_comments(body: bytes, suffix: str) -> bytes:
    """Text of a file without its comments.

    Args:
        body: The file, in UTF-8. No text over several lines may have a line that looks like a comment.
        suffix: How its name ends, with the dot. Only comments of `.css` and `.js` are known.
    """
    comments = _COMMENTS.get(suffix)
    return comments.sub(lambda found: b"\n" * found[0].count(b"\n"), body) if comments else body
