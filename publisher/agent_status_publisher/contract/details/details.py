"""All that a session says besides its state, and how it is written as JSON. Most sessions say nothing of it."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from agent_status_publisher.contract.details.labels import Labels


class WaitingFor(StrEnum):
    """The reasons why a session waits for a person."""

    APPROVAL = "approval"
    QUESTION = "question"
    REPLY = "reply"


class Details(NamedTuple):
    """The details of one session. A part that is not set is empty or None.

    Attributes:
        labels: The session's own labels. Those of its worker are in the worker's record.
        parent: The key of the session for which this one works.
        waiting_for: None in every state but `waiting_for_user`.
        context: The tokens in the model's context, and the most that it holds.
        cost_usd: What the run has cost so far, in US dollars.
        progress: The steps of the run that are done, and all of its steps.
    """

    labels: Labels = ()
    parent: str | None = None
    link: str | None = None
    waiting_for: WaitingFor | None = None
    context: tuple[int, int] | None = None
    cost_usd: float | None = None
    progress: tuple[int, int] | None = None

    @property
    def lasting(self) -> "Details":
        """The parts that stay with a session whose run has ended, as its title does."""
        if self is NO_DETAILS:
            return self
        return Details(self.labels, self.parent, self.link)

    @property
    def of_next_run(self) -> "Details":
        """The parts that stay when the session begins another run. What the model has in its context is one of them."""
        return self._replace(waiting_for=None, cost_usd=None, progress=None)


NO_DETAILS: Final = Details()
DETAIL_NAMES: Final = frozenset(Details._fields)


def details_json(details: Details) -> dict[str, Any]:
    """Return the JSON's fields of details, without those that are not set."""
    # Written out here and for ends: a loop over the fields' names takes two to four times as long.
    labels, parent, link, waiting_for, context, cost_usd, progress = details
    fields: dict[str, Any] = {"labels": dict(labels)} if labels else {}
    if parent is not None:
        fields["parent"] = parent
    if link is not None:
        fields["link"] = link
    if waiting_for is not None:
        fields["waiting_for"] = waiting_for
    if context is not None:
        fields["context"] = context
    if cost_usd is not None:
        fields["cost_usd"] = cost_usd
    if progress is not None:
        fields["progress"] = progress
    return fields
