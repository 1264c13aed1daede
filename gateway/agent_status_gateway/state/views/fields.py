"""Pure: `fields`, the names of what a row says besides what every row says.

Equal sets of fields are one view, however they are spelled.
"""

from collections.abc import Iterable
from typing import Final

from agent_status_gateway.state.fold.folded_rows import QUIET
from agent_status_gateway.state.views.query import WrongFieldError, one_of

FIELDS: Final = "fields"
"""The name of the field."""
ALL: Final = "all"
"""The value that asks for all of them."""
PARENT: Final = "parent"
FIELD_NAMES: Final = (
    "labels",
    PARENT,
    "link",
    "host",
    "worker_id",
    "waiting_for",
    "context",
    "cost_usd",
    "progress",
    QUIET,
)
"""All of them, in the order in which a row has them."""
A_FIELD: Final = f"{one_of((ALL, *FIELD_NAMES))}, or several with commas"


def parse_fields(values: Iterable[str]) -> tuple[str, ...]:
    """Parse the values of `fields` that a query has, decoded; none of them ask for nothing.

    Raises:
        WrongFieldError: There is no such field.
    """
    asked: set[str] = set()
    for value in values:
        for name in value.split(","):
            if name != ALL and name not in FIELD_NAMES:
                raise WrongFieldError(FIELDS, name, A_FIELD)
            asked.add(name)
    return FIELD_NAMES if ALL in asked else tuple(name for name in FIELD_NAMES if name in asked)
