"""Pure: `by`, which says what rows are counted by, and the group that a row is counted in.

By a label, the rows without it are one group, whose name is None.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.fold.schema import split_key
from agent_status_gateway.state.views.query import WrongFieldError, is_label_name
from agent_status_publisher.contract.details.labels import MAX_LABEL_NAME_CHARACTERS

BY: Final = "by"
"""The name of the field."""
CHANNEL: Final = "channel"
"""The way to count for a query that does not say one."""
LABEL: Final = "label."
"""The beginning of `by` that names a label."""
A_GROUPING: Final = (
    f"'channel', 'state', 'worker' or 'label.NAME', once; the name of a label has 1 to {MAX_LABEL_NAME_CHARACTERS} "
    "characters, without colon or control characters"
)

GroupOf = Callable[[Row], str | None]
"""The name of the group that a row is in; None for rows without what they are counted by."""


def parse_by(values: Iterable[str]) -> str:
    """Parse the values of `by` that a query has, decoded; without any, rows are counted by channel.

    Raises:
        WrongFieldError: A value is wrong, or there are two.
    """
    found = CHANNEL
    for number, value in enumerate(values):
        is_label = value.startswith(LABEL) and is_label_name(value.removeprefix(LABEL))
        if number or not (value in _GROUPS or is_label):
            raise WrongFieldError(BY, value, A_GROUPING)
        found = value
    return found


def group_of(by: str) -> GroupOf:
    """Find what tells the group of a row."""
    known = _GROUPS.get(by)
    return partial(_label, by.removeprefix(LABEL)) if known is None else known


def _channel(row: Row) -> str:
    return split_key(row.key)[0]


def _state(row: Row) -> str:
    return row.shown.state._value_


def _worker(row: Row) -> str:
    return row.source.known.report.record.id


def _label(name: str, row: Row) -> str | None:
    return next((value for label, value in row.details.labels if label == name), None)


_GROUPS: Final[dict[str, GroupOf]] = {"channel": _channel, "state": _state, "worker": _worker}
