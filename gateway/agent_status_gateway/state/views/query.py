"""Pure: the fields of a query as a view, or an error that names the field and says what would be right.

Rule 1. `channel` and `state` are lists with commas. `session`, `parent` and `label` are never split, since a session
        key may have a comma. Each may be repeated.
Rule 2. An empty value is an error, also between commas: nobody means it, and it must not widen a view.
Rule 3. Names of fields that are not ours are ignored.
"""

from collections.abc import Callable, Iterable
from typing import Final

from agent_status_gateway.state.views.view import WHOLE, View
from agent_status_publisher.contract.details.labels import MAX_LABEL_NAME_CHARACTERS, MAX_LABEL_VALUE_CHARACTERS
from agent_status_publisher.contract.report import MAX_KEY_BYTES, check_session_key
from agent_status_publisher.contract.wire import SessionState

FIELDS: Final = ("channel", "state", "session", "parent", "label")
"""The names of a view's fields."""
LISTS: Final = frozenset({"channel", "state"})
"""The names of the fields whose values are lists with commas."""
MAX_VALUES: Final = 100
"""The most values of a view, repeats included. A query has a key or ticket only among 100 fields, too."""
A_KEY: Final = f"a session key: not empty, at most {MAX_KEY_BYTES} bytes of UTF-8, without control characters"
A_CHANNEL: Final = f"a channel: not empty, at most {MAX_KEY_BYTES} bytes of UTF-8, without colon or control characters"
A_LABEL: Final = (
    f"a label `name:value`: a name of 1 to {MAX_LABEL_NAME_CHARACTERS} characters, a value of at most "
    f"{MAX_LABEL_VALUE_CHARACTERS}, without control characters"
)
IN_MEASURE: Final = f"one of at most {MAX_VALUES} values in {', '.join(FIELDS[:-1])} and {FIELDS[-1]} together"


class WrongFieldError(ValueError):
    """A field whose value is wrong.

    Attributes:
        field: The name of the field.
        value: What it was given, which may be from a stranger.
        expected: What would be right, to be read after "must be".
    """

    def __init__(self, field: str, value: str, expected: str) -> None:
        super().__init__(f"`{field}` must be {expected}")
        self.field = field
        self.value = value
        self.expected = expected


def parse_view(fields: Iterable[tuple[str, str]]) -> View:
    """Parse a view from the names and values of a query, both decoded.

    Raises:
        WrongFieldError: A value is wrong, or there are more than 100.
    """
    found: dict[str, set[str]] = {}
    count = 0
    for name, given in fields:
        check = _CHECKS.get(name)
        if check is None:
            continue
        values = given.split(",", MAX_VALUES) if name in LISTS else [given]
        count += len(values)
        if count > MAX_VALUES:
            raise WrongFieldError(name, given, IN_MEASURE)
        for value in values:
            check(name, value)
        found.setdefault(name, set()).update(values)
    if not found:
        return WHOLE
    states = found.get("state")
    return View(
        channel=_frozen(found.get("channel")),
        state=None if states is None else frozenset(map(SessionState, states)),
        session=_frozen(found.get("session")),
        parent=_frozen(found.get("parent")),
        label=frozenset(found.get("label", ())),
    )


def seconds_expected(least: int, most: int) -> str:
    """Say which seconds a field takes, to be read after "must be"."""
    return f"a whole number of seconds, {least} to {most}, once"


def parse_seconds(field: str, values: Iterable[str], *, least: int, most: int) -> int | None:
    """Parse the values, decoded, of a field that takes seconds; None without any.

    Raises:
        WrongFieldError: It is not such a number, or is there twice.
    """
    given = list(values)
    if not given:
        return None
    value = given[-1]
    # The length first: a number of a thousand digits is not worth reading.
    is_number = len(value) <= len(str(most)) and value.isascii() and value.isdecimal()
    if len(given) > 1 or not is_number or not least <= int(value) <= most:
        raise WrongFieldError(field, value, seconds_expected(least, most))
    return int(value)


def is_label_name(text: str) -> bool:
    """Test whether a label can have this name."""
    return 0 < len(text) <= MAX_LABEL_NAME_CHARACTERS and ":" not in text and _can_name(text)


def one_of(names: Iterable[str]) -> str:
    """List names as the API's other errors do: `'a', 'b' or 'c'`."""
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last


def _frozen(values: set[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def _check_key(field: str, value: str) -> None:
    if not _can_name(value):
        raise WrongFieldError(field, value, A_KEY)


def _check_channel(field: str, value: str) -> None:
    # A channel is a session key's part before the first colon.
    if ":" in value or not _can_name(value):
        raise WrongFieldError(field, value, A_CHANNEL)


def _check_state(field: str, value: str) -> None:
    if value not in _STATES:
        raise WrongFieldError(field, value, one_of(_STATES))


def _check_label(field: str, value: str) -> None:
    name, colon, text = value.partition(":")
    fits = len(text) <= MAX_LABEL_VALUE_CHARACTERS
    # No value that fits is longer than a session key may be: only characters are left to be looked at.
    if not (colon and fits and is_label_name(name) and (not text or _can_name(text))):
        raise WrongFieldError(field, value, A_LABEL)


def _can_name(text: str) -> bool:
    """Test for what the contract allows in a session key. A lone surrogate, which JSON can have, is not text."""
    try:
        check_session_key(text)
    except ValueError:
        return False
    return text.isprintable() or _is_utf8(text)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_STATES: Final = tuple(state.value for state in SessionState)
_CHECKS: Final[dict[str, Callable[[str, str], None]]] = {
    "channel": _check_channel,
    "state": _check_state,
    "session": _check_key,
    "parent": _check_key,
    "label": _check_label,
}
