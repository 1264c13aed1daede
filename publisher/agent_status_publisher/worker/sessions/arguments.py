"""Pure: the arguments of an agent's calls, checked and copied before the worker's lock is taken."""

from typing import Final

from agent_status_publisher.contract.report import check_session_key
from agent_status_publisher.contract.text import text_of
from agent_status_publisher.errors import InvalidCallError

_PLAIN: Final = frozenset({object.__eq__, str.__eq__, int.__eq__, float.__eq__, bytes.__eq__})
_PLAIN_HASHES: Final = frozenset({object.__hash__, str.__hash__, int.__hash__, float.__hash__, bytes.__hash__})
_OWN: Final = object()
"""The mark of keys for ids that compare by code of their own."""


def clean_key(key: object) -> str:
    """Return a session key as it is reported. A lone surrogate becomes a question mark.

    Raises:
        ValueError: It is not text, or it cannot name a session.
    """
    if not isinstance(key, str):
        raise ValueError(f"a session key must be text, not {type(key).__name__}")  # noqa: TRY004 - reported as one kind
    return check_session_key(text_of(key).encode("utf-8", "replace").decode("utf-8"))


def call_key(call_id: object) -> object:
    """Return a value that stands for a tool call's id and is compared without any code of the agent's.

    That code may wait for another thread, so it must not run under the worker's lock. An id whose class compares by
    code of its own is known by its class and its hash.

    Raises:
        TypeError: The id is not hashable.
    """
    kind = type(call_id)
    if kind.__eq__ in _PLAIN and kind.__hash__ in _PLAIN_HASHES:
        return call_id
    return _OWN, id(kind), hash(call_id)


def check_tokens(**given: object) -> None:
    """Check numbers of tokens, each under the name of its argument. None is an argument that is not given.

    Raises:
        InvalidCallError: One is not a whole number from 0 up; the message names it.
    """
    for name, tokens in given.items():
        if tokens is not None and (type(tokens) is not int or tokens < 0):
            raise InvalidCallError(f"usage was ignored: {name} is {tokens!r}, not a number of tokens from 0 up")
