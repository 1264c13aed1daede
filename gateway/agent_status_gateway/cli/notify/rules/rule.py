"""Pure: one rule: what it waits for, in which part of the fleet, and to whom that is told."""

from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from agent_status_gateway.cli.notify.rules.when import When
from agent_status_gateway.cli.reading.asked_view import EXAMPLE, parse_asked_view
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.state.views.view import WHOLE, View

MOST_GROUP_SECONDS: Final = 3600


def _view(given: object) -> object:
    if not isinstance(given, str):
        raise ValueError(f"must be a string such as '{EXAMPLE}'")  # noqa: TRY004 - of a field
    try:
        return parse_asked_view(given)
    except ReaderError as error:
        raise ValueError(str(error).removeprefix("--view").lstrip(": ").replace("--view ", "")) from None


class Rule(BaseModel):
    """One rule.

    Attributes:
        when: What it waits for.
        view: The part of the fleet in which it waits.
        to: The names of its targets.
        group_seconds: Seconds to wait for more of the same, which is told in one message.
        with_title: True if messages name titles and errors, which are texts of users.
        quiet_hours: False if it tells in quiet hours as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    when: When
    view: Annotated[View, BeforeValidator(_view)] = WHOLE
    to: tuple[str, ...] = Field(min_length=1)
    group_seconds: float = Field(default=5.0, strict=True, ge=0, le=MOST_GROUP_SECONDS)
    with_title: StrictBool = False
    quiet_hours: StrictBool = True
