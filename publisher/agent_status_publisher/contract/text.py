"""Text from users' prompts, made safe for a report: valid UTF-8, on one line, of bounded length."""

import re
from collections.abc import Callable
from typing import Final

ErrorText = Callable[[BaseException], object]
"""A function that gives the part of an exception that may be shown."""

MAX_TITLE_CHARACTERS: Final = 200
MAX_TOOL_CHARACTERS: Final = 100
MAX_ERROR_CHARACTERS: Final = 500

# Control characters, line and paragraph separators, and the marks that change the direction of the text after them.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")


def clean_text(text: object, max_characters: int) -> str:
    """`text` on one line, at most `max_characters` long (cut with an ellipsis).

    A lone surrogate becomes a question mark, since the whole report could not be encoded with it.
    """
    shown = text if type(text) is str else text_of(text)
    if len(shown) <= max_characters and shown.isprintable():
        return shown
    shown = shown[: 4 * max_characters].encode("utf-8", "replace").decode("utf-8")
    shown = _UNSHOWABLE.sub(" ", shown).strip()
    return cut_text(shown, max_characters)


def cut_text(text: str, max_characters: int) -> str:
    """`text`, cut with an ellipsis if it is longer than `max_characters`."""
    return text if len(text) <= max_characters else text[: max_characters - 1] + "…"


def text_of(thing: object) -> str:
    """Return an object as text, or the name of its type if its `__str__` raises."""
    try:
        return str.__str__(thing) if isinstance(thing, str) else str(thing)
    except Exception:  # noqa: BLE001 - whatever it raises
        return type(thing).__name__


def text_of_reply(reply: object) -> str:
    """A reply of Redis as text, whether or not its client decodes replies. Bytes that are not UTF-8 are replaced."""
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)


def message_of(error: object, error_text: ErrorText | None = None) -> str:
    """Return the message of an exception, or of anything that an agent passes as an error, on one line.

    The message is never empty. `error_text` gives the message of exceptions. If it raises, the exception's type is
    shown alone, since its message may be secret.
    """
    if not isinstance(error, BaseException):
        return clean_text("" if error is None else error, MAX_ERROR_CHARACTERS) or "error"
    message: object = error
    if error_text is not None:
        try:
            message = error_text(error)
        except Exception:  # noqa: BLE001 - the agent's own function, whose error must not stop the agent
            message = ""
    return clean_text("" if message is None else message, MAX_ERROR_CHARACTERS) or type(error).__name__
