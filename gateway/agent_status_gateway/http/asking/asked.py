"""The view and the kinds of events that a request asks for in its query, parsed once for each request.

What a request gets is what it asks for, narrowed to what its reader may see. So nobody gets a view without naming the
reader that it is for.

A query may also carry a key or a ticket. So what was parsed is kept with its request only, never by the query, and an
error repeats nothing but the value of a field that is ours. The bytes of such a value must be UTF-8.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from starlette.types import Scope

from agent_status_gateway.access.credentials import fields_of
from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.http.asking.ended import ENDED, parse_ended
from agent_status_gateway.state.views.fields import FIELDS as ROW_FIELDS
from agent_status_gateway.state.views.fields import parse_fields
from agent_status_gateway.state.views.query import FIELDS, WrongFieldError, one_of, parse_view
from agent_status_gateway.state.views.stalls.stalled import STALLED, parse_stalled
from agent_status_gateway.state.views.summary.grouping import BY, parse_by
from agent_status_gateway.state.views.view import WHOLE, View

ASKED: Final = "agent_status.asked"
"""The key of a request's scope that holds what it asks for, once that was parsed."""
EVENT_KINDS: Final = ("status", "changes", "feed", "all")
"""The names that `events` may list. `all` is from before there were changes: it is `status` and `feed`."""
EVENTS_EXPECTED: Final = f"{one_of(EVENT_KINDS)}, or several with commas"
SUMMARY_EVENT_KINDS: Final = ("status", "feed", "all")
"""The names that `events` may list on a stream of summaries, each of which is whole."""
SUMMARY_EVENTS_EXPECTED: Final = f"{one_of(SUMMARY_EVENT_KINDS)}, or several with commas: a summary has no changes"
NO_ROWS: Final = "left out here: a summary has no rows"
TEXT_EXPECTED: Final = "UTF-8, percent-encoded"


class Asked(NamedTuple):
    """The view and the events that a request for a stream asks for.

    Attributes:
        view: The part of the snapshot.
        wants_changes: True if changes take the place of every snapshot but the first.
        wants_feed: True if it asks for feed events, too.
    """

    view: View
    wants_changes: bool
    wants_feed: bool


PLAIN: Final = Asked(WHOLE, wants_changes=False, wants_feed=False)
"""The whole snapshot, again on each change: a request without a query asks for it."""


def asked_by(scope: Scope, reader: Reader) -> Asked:
    """Find what a request for a stream asks for, as far as this reader may see it; it is parsed once for each request.

    Raises:
        WrongFieldError: A field of the view or `events` has a wrong value.
    """
    query: bytes = scope["query_string"]
    asked: Asked | None = scope.get(ASKED) if query else PLAIN
    if asked is None:
        asked = scope[ASKED] = _asked_in(query)
    return asked if reader.sees_all else asked._replace(view=asked.view.narrowed_to(reader.scope))


def summary_asked_by(scope: Scope, reader: Reader) -> Asked:
    """Do what `asked_by` does, for a stream of summaries: the view says by what its rows are counted.

    Raises:
        WrongFieldError: A field of the view, `by` or `events` has a wrong value.
    """
    asked: Asked | None = scope.get(ASKED)
    if asked is None:
        asked = scope[ASKED] = _asked_in(scope["query_string"], is_summary=True)
    return asked._replace(view=asked.view.narrowed_to(reader.scope))


def view_asked_by(scope: Scope, reader: Reader) -> View:
    """Find the view that a request for anything but a stream asks for, as far as this reader may see it.

    `events` means nothing there.

    Raises:
        WrongFieldError: A field of the view has a wrong value.
    """
    query: bytes = scope["query_string"]
    view = _view_in([*query_fields(query, _VIEW_NAMES)]) if query else WHOLE
    return view.narrowed_to(reader.scope)


def summary_view_asked_by(scope: Scope, reader: Reader) -> View:
    """Do what `view_asked_by` does, for a summary: the view says by what its rows are counted.

    Raises:
        WrongFieldError: A field of the view or `by` has a wrong value.
    """
    return _counted_view([*query_fields(scope["query_string"], _SUMMARY_NAMES)]).narrowed_to(reader.scope)


def query_fields(query: bytes, names: Mapping[bytes, str]) -> Iterator[tuple[str, str]]:
    """Find the fields of a query that have one of these names, decoded, in their order.

    Raises:
        WrongFieldError: The value of such a field is not UTF-8.
    """
    for name, value in fields_of(query):
        known = names.get(name)
        if known is None:
            continue
        try:
            yield known, value.decode()
        except UnicodeDecodeError:
            raise WrongFieldError(known, value.decode("utf-8", "replace"), TEXT_EXPECTED) from None


def by_spelling(*names: str) -> dict[bytes, str]:
    """Names of fields by their bytes, as `query_fields` takes them."""
    return {name.encode(): name for name in names}


def _asked_in(query: bytes, *, is_summary: bool = False) -> Asked:
    fields = [*query_fields(query, _SUMMARY_NAMES if is_summary else _STREAM_NAMES)]
    if not (fields or is_summary):
        return PLAIN
    allowed, expected = (SUMMARY_EVENT_KINDS, SUMMARY_EVENTS_EXPECTED) if is_summary else (EVENT_KINDS, EVENTS_EXPECTED)
    kinds: set[str] = set()
    for name, value in fields:
        if name == "events":
            kinds.update(value.split(","))
    for kind in kinds.difference(allowed):
        raise WrongFieldError("events", kind, expected)
    view = _counted_view(fields) if is_summary else _view_in(fields)
    return Asked(view, "changes" in kinds, "feed" in kinds or "all" in kinds)


def _view_in(fields: list[tuple[str, str]]) -> View:
    view = parse_view(fields).with_fields(parse_fields(value for name, value in fields if name == ROW_FIELDS))
    view = view.with_ended(parse_ended(value for name, value in fields if name == ENDED))
    return view.with_stalled(parse_stalled(value for name, value in fields if name == STALLED))


def _counted_view(fields: list[tuple[str, str]]) -> View:
    for name, value in fields:
        if name in {ROW_FIELDS, ENDED, STALLED}:
            raise WrongFieldError(name, value, NO_ROWS)
    return parse_view(fields).counted_by(parse_by(value for name, value in fields if name == BY))


_VIEW_NAMES: Final = by_spelling(ROW_FIELDS, ENDED, STALLED, *FIELDS)
_STREAM_NAMES: Final = by_spelling("events", ROW_FIELDS, ENDED, STALLED, *FIELDS)
_SUMMARY_NAMES: Final = by_spelling("events", BY, ROW_FIELDS, ENDED, STALLED, *FIELDS)
