"""Pure: the hours of a day in which nothing is told."""

from datetime import datetime, time
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

EXAMPLE: Final = '{ from = "22:00", to = "07:00" }'


def _time_of_day(given: object) -> object:
    """Parse `22:00`, and nothing that only looks like it, such as a number of seconds."""
    if isinstance(given, time):  # TOML has times of its own
        return given
    try:
        return datetime.strptime(given, "%H:%M").time() if isinstance(given, str) else None  # noqa: DTZ007 - no day
    except ValueError:
        return None


TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]


class QuietHours(BaseModel):
    """Hours of every day, over midnight if they begin later than they end. Without any hours if both are equal."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    begin: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    def cover(self, moment: time) -> bool:
        """Test whether a time of day is within these hours."""
        if self.begin <= self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end
