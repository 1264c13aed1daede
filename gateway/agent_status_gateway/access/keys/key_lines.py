"""Pure: lines `name: key`, or `name: key channel=web label=team:web` for a key with a scope.

The scope begins at the first word with `=` behind the key's first word. A key may have spaces, and its first word may
have `=`, as base64 does. The scope's fields are those of a query, percent-encoded, and separated by spaces.

A first word that is a field is refused. A template whose variable is empty leaves the scope without its key. It would
be a key that anyone can guess, and that may see all.
"""

import re
from typing import Final, NamedTuple

from agent_status_gateway.access.keys.scopes import A_SCOPE_FIELD, SPELLING, read_scope
from agent_status_gateway.state.views.query import FIELDS, WrongFieldError
from agent_status_gateway.state.views.view import WHOLE, View

A_KEY: Final = "a key, and its scope comes behind it"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


class KeysError(ValueError):
    """Text that is not a list of keys. The message names the line and repeats nothing of it."""


class Key(NamedTuple):
    """Key, and the part of the snapshot that may be seen with it."""

    secret: str
    scope: View = WHOLE


def parse_keys(text: str) -> dict[str, Key]:
    """Parse keys by name; empty lines and those that begin with `#` are skipped.

    Raises:
        KeysError: A line is something else, repeats a name, or repeats a key with another scope.
    """
    keys: dict[str, Key] = {}
    scopes: dict[str, View] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, rest = (part.strip() for part in line.partition(":"))
        if not colon or not rest or not _NAME.fullmatch(name):
            raise KeysError(
                f"line {number}: must be `name: key`, with a name of letters, digits, dots, hyphens and underscores"
            )
        if name in keys:
            raise KeysError(f"line {number}: the name is a duplicate")
        try:
            keys[name] = key = _key(rest)
        except WrongFieldError as error:
            raise KeysError(f"line {number}: {_described(error)}") from None
        if scopes.setdefault(key.secret, key.scope) != key.scope:
            raise KeysError(f"line {number}: an earlier line has the same key with another scope")
    return keys


def _key(text: str) -> Key:
    words = text.split()
    name, equals, _ = words[0].partition("=")
    if equals and name in FIELDS:
        raise WrongFieldError("", "", A_KEY)
    place = next((place for place, word in enumerate(words) if place and "=" in word), None)
    if place is None:
        return Key(text)
    scope = text.split(None, place)[place]
    # Each word must be a field: a list with an empty one among its fields is not spelled as a query.
    return Key(text.removesuffix(scope).rstrip(), read_scope("&".join(words[place:])))


def _described(error: WrongFieldError) -> str:
    """Describe what is wrong in a scope, without what may be a part of the key."""
    if error.field:
        return str(error)
    if error.expected == A_KEY:
        return f"the first word behind the name must be {A_KEY}"
    if error.expected == A_SCOPE_FIELD:
        return f"behind the key, the name of each field must be {A_SCOPE_FIELD}"
    return f"the scope behind the key must be {SPELLING}"
