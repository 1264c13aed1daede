"""Sessions of one agent's subagents, each a child of its session. The publisher comes after it.

Rule 1. A subagent that runs has the session PARENT/ID, as long as this process has room for one. Without a session of
        its own, it is shown in the session around it.
Rule 2. A child shows the calls and questions of its subagent. What happens elsewhere does not count as its news.
Rule 3. A child ends with its subagent, and no later than the session around it.
"""

from collections.abc import Callable
from typing import Literal

from agent_status_gateway.ingest.activity.activity import Activity, Shown
from agent_status_gateway.ingest.activity.background import UNNAMED
from agent_status_publisher import Session, SessionState, StatusPublisher
from agent_status_publisher.contract.details.labels import check_label
from agent_status_publisher.integrations.key import child_key

Outcome = Literal["done", "cancelled"]


class Children:
    """Open sessions of the subagents of one session, by the subagent's id."""

    def __init__(self, publisher: StatusPublisher, parent: str) -> None:
        self._publisher = publisher
        self._parent = parent
        self._open: dict[str, Session] = {}
        self._shown: dict[str, Shown] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, subagent: object) -> bool:
        return subagent in self._open

    def get(self, subagent: str) -> Session | None:
        """Session of a subagent, if it is open."""
        return self._open.get(subagent)

    def follow(self, activity: Activity, *, room: Callable[[], int], active: str | None, ended: Outcome) -> None:
        """Open, show and end sessions, so that they are those of the subagents that run.

        Args:
            activity: The activity of the session around them.
            room: Counts how many sessions may be opened.
            active: The subagent that has done something.
            ended: How those end that do not run any more.
        """
        for subagent in [one for one in self._open if one not in activity.subagents]:
            self._close(subagent).end(ended)
        if new := [one for one in activity.subagents if one not in self._open]:
            for subagent in new[: max(0, room())]:
                self._begin(subagent, activity.subagents[subagent])
        for subagent, session in self._open.items():
            shown = activity.shown_of(subagent)
            if subagent == active or self._shown.get(subagent) != shown:
                self._shown[subagent] = shown
                show(session, shown)

    def fail(self, subagent: str, error: str) -> None:
        """Show that a subagent has failed. Its session stays in error for the error TTL."""
        if subagent in self._open:
            self._close(subagent).error(error)

    def end(self, outcome: Outcome) -> None:
        """End all of them."""
        for subagent in list(self._open):
            self._close(subagent).end(outcome)

    def _begin(self, subagent: str, name: str) -> None:
        title = None if name == UNNAMED else name
        child = self._publisher.session(child_key(self._parent, subagent), title, parent=self._parent)
        label(child, "agent", title)
        self._open[subagent] = child

    def _close(self, subagent: str) -> Session:
        self._shown.pop(subagent, None)
        return self._open.pop(subagent)


def label(session: Session, name: str, value: str | None) -> None:
    """Set a label that an agent names, if it names one. What cannot be a label is left out."""
    if not value or session.labels.get(name) == value:
        return
    try:
        check_label(name, value)
    except ValueError:
        return
    session.label(name, value)


def show(session: Session, shown: Shown) -> None:
    """Publish what a session does now."""
    match shown.state:
        case SessionState.TOOL_RUNNING:
            session.tool_running(shown.tool or "tool")
        case SessionState.WAITING_FOR_USER:
            session.waiting_for_user(shown.reason)
        case SessionState.STREAMING:
            session.streaming()
        case _:
            session.thinking()
