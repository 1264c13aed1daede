"""The labels of a session: pairs of a name and a value, few and short. A worker's labels are those of all its sessions.

Rule 1. A label that breaks a limit is left out, and never cut: a cut value would be another one.
Rule 2. A session's own labels count before those of its worker, and replace them by name. Both together are held to the
        limits, and the worker's that do not fit any more are left out.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final

MAX_LABELS: Final = 8
MAX_LABEL_NAME_CHARACTERS: Final = 64
MAX_LABEL_VALUE_CHARACTERS: Final = 128
MAX_LABELS_BYTES: Final = 512
"""The most bytes of UTF-8 of a session's labels, names and values together."""
MAX_LABELS_LOOKED_AT: Final = 64
"""The most labels of a stranger's session that are checked. Any number of wrong ones could be given."""

Labels = tuple[tuple[str, str], ...]
"""Names and values, by name."""

# Control characters, separators of lines, marks that change the direction of text, and what UTF-8 does not have.
_HARMFUL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def is_harmless(text: str) -> bool:
    """Return True if a text is one line of valid UTF-8, without marks that change how it is shown."""
    return text.isprintable() or not _HARMFUL.search(text)


def check_label(name: str, value: str) -> None:
    """Check one label by itself.

    Raises:
        ValueError: The name or the value cannot be one of a label. The message says what would be right.
    """
    if not _is_name(name):
        raise ValueError(
            f"a label's name must have 1 to {MAX_LABEL_NAME_CHARACTERS} characters, no colon and no control characters"
        )
    if not _is_value(value):
        raise ValueError(
            f"a label's value must have at most {MAX_LABEL_VALUE_CHARACTERS} characters and no control characters"
        )


def have_room(labels: Mapping[str, str]) -> bool:
    """Return True if these labels are not too many, and not too long together."""
    if len(labels) > MAX_LABELS:
        return False
    texts = "".join([*labels, *labels.values()])
    return (len(texts) if texts.isascii() else len(texts.encode())) <= MAX_LABELS_BYTES


def kept_labels(given: Iterable[tuple[str, str]]) -> Labels:
    """Return the labels that are kept, the first of those given before the others. Only so many are looked at."""
    right = [label for label in islice(given, MAX_LABELS_LOOKED_AT) if _is_right(*label)]
    kept = dict(right)
    if not have_room(kept):  # which is rare
        kept = {}
        for name, value in right:
            if have_room(kept | {name: value}):
                kept[name] = value
    return tuple(sorted(kept.items()))


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_LABEL_NAME_CHARACTERS and ":" not in name and is_harmless(name)


def _is_value(value: str) -> bool:
    return len(value) <= MAX_LABEL_VALUE_CHARACTERS and is_harmless(value)


def _is_right(name: str, value: str) -> bool:
    return _is_name(name) and _is_value(value)


def changed_labels(own: Labels, changes: Mapping[str, str | None], of_worker: Labels = ()) -> Labels:
    """Return a session's labels after changes, each of which breaks no limit. A label that has no room is left out.

    Args:
        own: The session's own labels before.
        changes: The values to set. None takes a label away.
        of_worker: The labels of its worker, which take up room, too.
    """
    kept = dict(own)
    for name, value in changes.items():
        if value is None:
            kept.pop(name, None)
        elif have_room(dict(of_worker) | kept | {name: value}):
            kept[name] = value
    return tuple(sorted(kept.items()))


def united(own: Labels, of_worker: Labels) -> Labels:
    """Return the labels of a session: its own, and those of its worker that it does not replace."""
    if not own or not of_worker:
        return own or of_worker
    names = dict(own)
    return kept_labels([*own, *(label for label in of_worker if label[0] not in names)])
