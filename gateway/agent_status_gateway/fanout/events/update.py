"""Pure: what is sent of one version of a view: as a whole, and as changes from the versions that clients have."""

from collections.abc import Mapping
from typing import NamedTuple

from agent_status_gateway.fanout.events.changes import Change
from agent_status_gateway.fanout.events.frames import Frame


class Update(NamedTuple):
    """One version of a view, in the forms that its clients need.

    Attributes:
        id: The id of the view's rows.
        version: The number of this version.
        whole: The snapshot; None if nobody needs it.
        changes: What has changed since a version, by that version.
    """

    id: str
    version: int
    whole: Frame | None
    changes: Mapping[int, Change]

    @property
    def length(self) -> int:
        """The bytes of the longest form."""
        return max((form.length for form in (self.whole, *self.changes.values()) if form is not None), default=0)
