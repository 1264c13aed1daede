"""Pure: what `--view` asks for, and which rows can be in it.

A person types it. So a name that the gateway would ignore is an error here: with `chanel=web` it would send all.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.http.asking.ended import ENDED, parse_ended
from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_gateway.state.views.query import FIELDS, WrongFieldError, one_of, parse_view
from agent_status_gateway.state.views.stalls.stalled import STALLED, parse_stalled
from agent_status_gateway.state.views.view import WHOLE, View

EXAMPLE: Final = "channel=web&state=waiting_for_user"
TOLD: Final = {STALLED: "which sessions are stalled", ENDED: "which sessions have ended"}
"""Words for what a gateway tells on request, by the field that asks for it. These fields choose no sessions."""


def parse_asked_view(text: str | None, *, shows_told: bool = False) -> View:
    """Parse what `--view` was given: fields as in a query, so values may be percent-encoded. None is the whole.

    Args:
        text: The fields.
        shows_told: True if the reader shows what the fields of `TOLD` ask for.

    Raises:
        ReaderError: A name is not a field's, means nothing to the reader, or has a wrong value.
    """
    if text is None:
        return WHOLE
    if not text.strip():
        raise ReaderError(f"--view must not be empty; for example --view '{EXAMPLE}'")
    try:
        fields = [_decoded(part) for part in text.split("&")]
    except UnicodeDecodeError:
        raise ReaderError("--view must be UTF-8, percent-encoded or as it is") from None
    allowed = (*FIELDS, *TOLD) if shows_told else FIELDS
    for name, _ in fields:
        if name in TOLD and not shows_told:
            raise ReaderError(f"--view: `{name}` means nothing here: only `show` and `watch` tell {TOLD[name]}")
        if name not in allowed:
            raise ReaderError(f"--view: {name!r} is not a field; expected {one_of(allowed)}, as in '{EXAMPLE}'")
    try:
        view = parse_view(fields).with_stalled(parse_stalled(_values(fields, STALLED)))
        return view.with_ended(parse_ended(_values(fields, ENDED)))
    except WrongFieldError as error:
        raise ReaderError(f"--view: {error}") from None


def can_show(view: View, row: SessionStatus) -> bool:
    """Test whether a row that a gateway has sent can be in a view. It tells nothing of its parent and its labels."""
    return (
        (view.session is None or row["session_key"] in view.session)
        and (view.state is None or row["state"] in view.state)
        and (view.channel is None or row["channel"] in view.channel)
    )


def keeps_sessions(view: View) -> bool:
    """True if a session that is in the view stays in it until it ends: only its key decides."""
    return view.state is None and view.parent is None and not view.label


def _values(fields: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [value for given, value in fields if given == name]


def _decoded(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
