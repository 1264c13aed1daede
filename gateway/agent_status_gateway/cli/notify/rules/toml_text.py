"""Pure: a text in TOML as values, within limits: a long key with dots would keep the parser busy for minutes."""

import re
import tomllib
from typing import Any, Final

MOST_BYTES: Final = 262_144
"""The most bytes of a file of rules. A hundred rules have less than half of that."""
MOST_DOTS: Final = 100
"""The most dots of a line, outside of strings and comments. A parser's time grows as the square of a key's parts."""
_STRING_OR_COMMENT: Final = re.compile(
    r'''"""(?:\\.?|[^\\])*?(?:"{3,5}|\Z)|'{3}.*?(?:'{3,5}|\Z)|"(?:\\[^\n]|[^"\\\n])*"?|'[^'\n]*'?|#[^\n]*''', re.DOTALL
)
"""A string of one line or several, or a comment. The end may be missing, so that no text makes this search slow."""


class TomlError(ValueError):
    """A text that is not taken as TOML. The message says why."""


def parse_toml(text: str) -> dict[str, Any]:
    """Parse a text of at most `MOST_BYTES`.

    Raises:
        TomlError: It is not TOML, or is beyond a limit.
    """
    bare = _STRING_OR_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(bare.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise TomlError(f"line {number} must have at most {MOST_DOTS} dots outside of strings")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlError(f"not TOML: {error}") from None
    except RecursionError:
        raise TomlError("not TOML that can be read: it is nested too deeply") from None
    except ValueError:  # of int(), which has a limit
        raise TomlError("not TOML that can be read: a number in it has too many digits") from None
