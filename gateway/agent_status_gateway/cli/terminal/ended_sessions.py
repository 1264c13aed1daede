"""Pure: sessions that have ended, as lines. A gateway tells them to those who ask for it with `ended`.

Rule 1. Growing older is not news for a gateway. So an end that is older than the reader has asked for is left out here.
Rule 2. An end is new if it was not known, or is younger than the one that was, or is told otherwise.
"""

from typing import Final

from agent_status_gateway.cli.terminal.presentation import duration, has_words
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import EndedStatus, Snapshot, split_key

SLACK_SECONDS: Final = 1.0
"""Seconds by which two events may differ about the age of the same end."""


def end_line(end: EndedStatus) -> str:
    """Line for an end: the session's key, when and how it ended, and its title."""
    how: str = end["outcome"] or ""
    if how == "failed" and (message := plain(end["error_message"] or "").strip()):
        how = f"{how}: {message}"
    title = plain(end["title"] or "").strip()
    words = f"ended {duration(end['ended_seconds_ago'])} ago{f': {how}' if how else ''}"
    return f"{plain(end['session_key'])} {words}{f' ({title})' if title else ''}"


def matches_end(end: EndedStatus, text: str) -> bool:
    """True if each word is in the session's key, channel, title, outcome or error, in any case."""
    key = end["session_key"]
    fields = (key, split_key(key)[0], plain(end["title"] or ""), end["outcome"] or "", end["error_message"] or "")
    return has_words((*fields, "ended"), text)


def ends_within(snapshot: Snapshot, seconds: int | None) -> list[EndedStatus] | None:
    """Ends of a snapshot that are at most so old; None if it does not tell ends."""
    ends = snapshot.get("ended")
    if ends is None or seconds is None:
        return ends
    return [end for end in ends if end["ended_seconds_ago"] <= seconds]


def new_ends(before: Snapshot | None, after: Snapshot) -> list[EndedStatus]:
    """Ends that are news, the oldest first."""
    known = {} if before is None else {end["session_key"]: end for end in before.get("ended", [])}
    return [end for end in reversed(after.get("ended", [])) if _is_new(known.get(end["session_key"]), end)]


def _is_new(known: EndedStatus | None, end: EndedStatus) -> bool:
    if known is None:
        return True
    is_younger = end["ended_seconds_ago"] < known["ended_seconds_ago"] - SLACK_SECONDS
    return is_younger or (known["outcome"], known["error_message"]) != (end["outcome"], end["error_message"])
