"""Pure: something that is true of a session, or of all sessions, now."""

from typing import Final, NamedTuple

from agent_status_gateway.cli.notify.rules.when import What

ALL_SESSIONS: Final = ""
"""The key of what is true of all sessions together. No session has it."""


class Occurrence(NamedTuple):
    """Something that is true now.

    Attributes:
        what: What is true.
        key: The key of the session; `ALL_SESSIONS` for all of them.
        age_seconds: Since when it is true; None if the snapshot does not say so.
        channel: The session's channel; empty for all sessions.
        title: The session's title, or None.
        detail: A word on it: the tool, why the agent waits, or how the session ended. Empty without one.
        error: The session's error, which is a text of its user, or None.
        link: An address on the web that its worker gave, or None. It is hostile text: it is shown, and never fetched.
        sessions: How many sessions there are, if it is true of all of them.
    """

    what: What
    key: str
    age_seconds: float | None
    channel: str = ""
    title: str | None = None
    detail: str = ""
    error: str | None = None
    link: str | None = None
    sessions: int = 0
