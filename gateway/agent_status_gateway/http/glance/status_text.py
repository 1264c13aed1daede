"""Pure: the snapshot as lines of text, for scripts, menu bars and people with `curl`.

Rule 1. The first line is the whole in words of ours. Nothing in it comes from an agent, so that a program that shows
        it, whatever that takes for a command, shows nothing else.
Rule 2. Each other line is one fact, in fields that tabs separate. The first field says what the line is about: a state,
        for a session in that state, or `more`, for the number of sessions that need a person and have no line.
Rule 3. A field never is empty: `read` of a shell takes two tabs for one. What is not there is `-`.
Rule 4. Fields and kinds of lines may be added, fields only at the end. So readers ignore what they do not know.
Rule 5. A session key is spelled as in a query, which loses nothing. Titles and errors are for people: they are cut, and
        what acts on a terminal or in a menu bar is changed.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from agent_status_gateway.http.glance.headline import headline
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.row import Row
from agent_status_gateway.state.views.tally import Tally
from agent_status_gateway.state.views.view import PLAIN_CHARACTERS
from agent_status_publisher.contract.text import cut_text

MAX_SESSIONS: Final = 50
"""The most sessions that have a line."""
MAX_TEXT_CHARACTERS: Final = 200
"""The most characters of a title or an error."""
FIELDS: Final = ("state", "session_key", "seconds", "title", "error_message")
"""The fields of a session's line."""
NOTHING: Final = "-"
_COMMAND: Final = re.compile(r"[%#](?=[({\[])")  # polybar's and tmux's formats, in which there are commands


def status_text(tally: Tally, stale_seconds: float | None, now: float) -> str:
    """Write the lines.

    Args:
        tally: The counts, and the sessions that have a line.
        stale_seconds: The age of the snapshot; None while it is fresh.
        now: The moment, on the clock of the rows.
    """
    return "".join(f"{line}\n" for line in _lines(tally, stale_seconds, now))


def _lines(tally: Tally, stale_seconds: float | None, now: float) -> Iterator[str]:
    yield headline(tally, stale_seconds)
    for row in tally.first:
        yield "\t".join(_fields(row, now))
    if more := tally.waiting + tally.in_error - len(tally.first):
        yield f"more\t{more}"


def _fields(row: Row, now: float) -> Iterator[str]:
    yield row.shown.state.value
    yield quote(row.key, safe=PLAIN_CHARACTERS)
    yield str(max(0, int(now - row.started_at)))
    yield _for_people(row.shown.title)
    yield _for_people(row.shown.error)


def _for_people(text: str | None) -> str:
    shown = plain(cut_text(text or "", MAX_TEXT_CHARACTERS)).strip()
    # xbar takes what is behind a bar for a command. A broken bar looks like one, and does nothing.
    return _COMMAND.sub(r"\g<0> ", shown.replace("|", "\u00a6")) or NOTHING
