"""Pure: rows that say more than every row says: which of their details, how they are written, and their part in the id.

Rule 1. A row has its plain fields first, and then all that were asked for, in one order, set or not.
Rule 2. Why a session waits is news to those who ask for it, so it is a part of the id. The other details are not.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson
from typing_extensions import override

from agent_status_gateway.state.fold.folded_rows import QUIET
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.rows import Form, Rows
from agent_status_gateway.state.text_hash import text_hash
from agent_status_gateway.state.views.fields import PARENT
from agent_status_gateway.state.views.view import View

MAX_KEPT: Final = 4
"""Forms whose bytes a row keeps: those of a few dashboards, and not of all that anybody ever asked for."""
MAX_FORMS: Final = 256
"""Forms that are kept: views with the same fields and the same scope have one."""


class DetailedForm:
    """How the rows of some views are written: with these fields, for readers with this scope."""

    def __init__(self, fields: tuple[str, ...], scope: View | None) -> None:
        self._names = tuple(name for name in fields if name != QUIET)
        self._says_quiet = QUIET in fields
        self._reader = View(scope=scope)
        self._keeps = not (PARENT in fields and scope is not None and not scope.is_by_key)
        """True if the bytes stay the same while the row's details do: a scope may show its parent from now on."""

    def json(self, row: Row, now: float) -> bytes:
        """The row as JSON, at this moment."""
        text = row.json(now)[:-1] + self._extra(row)
        if not self._says_quiet:
            return text + b"}"
        return b'%b,"%b":%.1f}' % (text, QUIET.encode(), max(0.0, now - row.called_at))

    def _extra(self, row: Row) -> bytes:
        """The fields that stay as they are, with a comma before each."""
        if not self._names:
            return b""
        extra = None if row.extras is None else row.extras.get(self)
        if extra is None:
            extra = b"," + orjson.dumps({name: self._value(name, row) for name in self._names})[1:-1]
            if self._keeps:
                if row.extras is None or len(row.extras) == MAX_KEPT:
                    row.extras = {}
                row.extras[self] = extra
        return extra

    def _value(self, name: str, row: Row) -> Any:
        if name == PARENT:
            return self._reader.parent_of(row)
        return _VALUES[name](row)


def _named(names: tuple[str, str], numbers: tuple[int, int] | None) -> dict[str, int] | None:
    return None if numbers is None else dict(zip(names, numbers, strict=True))


_VALUES: Final[dict[str, Callable[[Row], Any]]] = {
    "labels": lambda row: dict(row.details.labels),
    "link": lambda row: row.details.link,
    "host": lambda row: row.source.known.report.record.host,
    "worker_id": lambda row: row.source.known.report.record.id,
    "waiting_for": lambda row: row.details.waiting_for,
    "context": lambda row: _named(("used", "window"), row.details.context),
    "cost_usd": lambda row: row.details.cost_usd,
    "progress": lambda row: _named(("done", "of"), row.details.progress),
}


@lru_cache(maxsize=MAX_FORMS)
def form_of(fields: tuple[str, ...], scope: View | None) -> DetailedForm:
    """Return the form of rows with these fields for readers with this scope."""
    return DetailedForm(fields, scope)


class DetailedRows(Rows):
    """Rows of a view that asks for fields."""

    __slots__ = ("_form", "_has_reasons", "_reasons")

    def __init__(self, view: View) -> None:
        super().__init__()
        self._form = form_of(view.fields, view.scope).json
        self._has_reasons = "waiting_for" in view.fields
        self._reasons: dict[str, int] = {}  # key → the part of the id that why it waits makes

    @property
    @override
    def form(self) -> Form:
        return self._form

    @override
    def put(self, row: Row) -> None:
        super().put(row)
        if self._has_reasons:
            self._count_reason(row.key, row)

    @override
    def remove(self, key: str) -> bool:
        if not super().remove(key):
            return False
        self._count_reason(key, None)
        return True

    def _count_reason(self, key: str, row: Row | None) -> None:
        before = self._reasons.pop(key, 0)
        reason = None if row is None else row.details.waiting_for
        after = 0 if reason is None else _reason_hash(key, reason)
        if after:
            self._reasons[key] = after
        if after != before:
            self._add(after - before)


def _reason_hash(key: str, reason: str) -> int:
    # Another text than any of `row_hash`, whose second part is never empty.
    return text_hash(f"{key}\0\0{reason}")
