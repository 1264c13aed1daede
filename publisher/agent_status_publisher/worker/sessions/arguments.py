"""Pure: the arguments of an agent's calls, checked and copied before the worker's lock is taken."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar

from agent_status_publisher.contract.details.details import WaitingFor
from agent_status_publisher.contract.details.labels import (
    MAX_LABELS,
    MAX_LABELS_BYTES,
    MAX_LABELS_LOOKED_AT,
    Labels,
    changed_labels,
    check_label,
)
from agent_status_publisher.contract.details.link import check_link
from agent_status_publisher.contract.report import MAX_KEY_BYTES, MAX_NUMBER, check_session_key
from agent_status_publisher.contract.text import MAX_TITLE_CHARACTERS, clean_text, text_of
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.worker.never_raise import MISTAKES

T = TypeVar("T")

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


CROWDED: Final = (
    f"a label was left out: a session has at most {MAX_LABELS} labels of {MAX_LABELS_BYTES} bytes together, "
    "those of its worker included"
)
"""The sentence to report when a label had no room."""


class Asked(NamedTuple):
    """A call's wishes for what its session says besides its state. None, or no label, keeps what there is.

    Attributes:
        labels: Names and values; the value None takes a label away.
        faults: A sentence for each kind of wish that was left out.
    """

    title: str | None = None
    parent: str | None = None
    link: str | None = None
    labels: Mapping[str, str | None] = MappingProxyType({})
    faults: tuple[str, ...] = ()


NOTHING_ASKED: Final = Asked()


def asked_of(key: str, title: object, parent: object, link: object, labels: object) -> Asked:
    """Check what a call asks for the session of this key. One fault does not lose the rest of the call."""
    shown_title = None if title is None else clean_text(title, MAX_TITLE_CHARACTERS)
    if parent is None and link is None and labels is None:  # as most calls are
        return NOTHING_ASKED if shown_title is None else Asked(shown_title)
    faults: list[str] = []
    return Asked(
        shown_title,
        None if parent is None else _kept(faults, "a parent", _parent_of, key, parent),
        None if link is None else _kept(faults, "a link", clean_link, link),
        NOTHING_ASKED.labels if labels is None else clean_labels(labels, faults),
        tuple(faults),
    )


def clean_link(link: object) -> str:
    """Return a link as it is reported.

    Raises:
        ValueError: A session may not have it. The message says what would be right.
    """
    return check_link(plain_text(link))


def plain_text(given: object) -> str:
    """Return a text without code of the agent's, or an empty one for anything that is not a text."""
    return text_of(given) if isinstance(given, str) else ""


def clean_labels(labels: object, faults: list[str]) -> dict[str, str | None]:
    """Return the labels that break no limit by themselves, and add a sentence to `faults` for each kind that does.

    Names are not hashed before they are plain texts, since that may be code of the agent's. Only so many are looked at.
    """
    try:
        pairs: Iterable[Any] = labels.items() if hasattr(labels, "items") else labels  # type: ignore[assignment]
        given = [(name, value) for name, value in list(islice(pairs, MAX_LABELS_LOOKED_AT + 1))]
    except MISTAKES:
        faults.append("labels were left out: they must be a mapping of names to texts")
        return {}
    if len(given) > MAX_LABELS_LOOKED_AT:
        faults.append(CROWDED)
    kept: dict[str, str | None] = {}
    for name, value in given[:MAX_LABELS_LOOKED_AT]:
        if label := _kept(faults, "a label", _label_of, name, value):
            kept |= label
    return kept


def labels_of_worker(labels: object, faults: list[str]) -> Labels:
    """Return the labels of a worker that have room, and add a sentence to `faults` for each kind that is left out."""
    given = clean_labels(labels, faults)
    kept = changed_labels((), given)
    if crowded(kept, given):
        faults.append(CROWDED)
    return kept


def crowded(labels: Labels, changes: Mapping[str, str | None]) -> bool:
    """Return True if one of these changes had no room in these labels."""
    return bool(changes) and not dict(labels).items() >= {item for item in changes.items() if item[1] is not None}


def _kept(faults: list[str], what: str, clean: Callable[..., T], *given: object) -> T | None:
    try:
        return clean(*given)
    except MISTAKES as error:
        fault = f"{what} was left out: {error}"
        if fault not in faults:
            faults.append(fault)
        return None


def _parent_of(key: str, parent: object) -> str:
    try:
        shown = clean_key(parent)
    except ValueError:
        shown = key
    if shown == key:
        raise ValueError(f"a parent must be the key of another session, of at most {MAX_KEY_BYTES} bytes")
    return shown


def _label_of(name: object, value: object) -> dict[str, str | None]:
    if not isinstance(name, str) or not isinstance(value, str | None):
        raise ValueError("a label's name and value must be texts")  # noqa: TRY004 - reported as one kind
    shown_name, shown_value = text_of(name), None if value is None else text_of(value)
    check_label(shown_name, shown_value or "")
    return {shown_name: shown_value}


def reason_of(reason: object) -> WaitingFor | None:
    """Return the reason why a session waits for its user.

    Raises:
        InvalidCallError: It is not one of those that are known.
    """
    try:
        return None if reason is None else WaitingFor(plain_text(reason))
    except ValueError:
        known = ", ".join(WaitingFor)
        raise InvalidCallError(f"a reason to wait was left out: expected one of {known}") from None


def context_of(used: object, window: object) -> tuple[int, int]:
    """Return what of a model's context is used, both in tokens.

    Raises:
        InvalidCallError: One is not a whole number, or the window is empty.
    """
    if _is_count(used) and _is_count(window) and window:
        return used, window
    raise InvalidCallError("context() was ignored: used must be a number of tokens from 0 up, and window one from 1 up")


def progress_of(done: object, of: object) -> tuple[int, int]:
    """Return the progress of a run, both in steps.

    Raises:
        InvalidCallError: One is not a whole number, or more is done than there is.
    """
    if _is_count(done) and _is_count(of) and 0 < of >= done:
        return done, of
    raise InvalidCallError("progress() was ignored: done must be a number from 0 up to of, and of must be from 1 up")


def cost_of(usd: object) -> float:
    """Return a cost in US dollars.

    Raises:
        InvalidCallError: It is not a number from 0 up.
    """
    try:
        cost = -1.0 if isinstance(usd, bool | str | bytes) else float(usd)  # type: ignore[arg-type]
    except MISTAKES:
        cost = -1.0
    if 0 <= cost <= MAX_NUMBER:
        return cost
    raise InvalidCallError("a cost was ignored: usd must be a number of US dollars from 0 up")


def _is_count(number: object) -> TypeGuard[int]:
    return type(number) is int and 0 <= number <= MAX_NUMBER


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
            raise InvalidCallError(f"usage was ignored: {name} must be a number of tokens from 0 up")
