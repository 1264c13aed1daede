"""Pure: one message: its words, its numbers and its links.

Rule 1. It tells names and numbers, and the link that a session's worker gave. Titles and errors are texts of users:
        they are told only where the rule says so.
Rule 2. Text of strangers is made plain, and is cut.
Rule 3. The words name a few of what a message tells; the numbers are of all.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple, TypedDict
from urllib.parse import urlencode

from agent_status_gateway.cli.notify.attention.gathering import Item
from agent_status_gateway.cli.notify.attention.occurrence import ALL_SESSIONS, Occurrence
from agent_status_gateway.cli.terminal.presentation import duration
from agent_status_gateway.plain_text import plain

MOST_LINES: Final = 10
"""The most sessions that a message names in words."""
MOST_FACTS: Final = 100
"""The most sessions of which a message has numbers."""
MOST_CHARACTERS: Final = 200
"""The most characters of one text of a user."""
WORDS: Final = {
    "thinking": "is thinking",
    "tool_running": "is running a tool",
    "streaming": "is streaming",
    "waiting_for_user": "waits for a user",
    "error": "is in error",
    "lost": "lost its worker",
    "stalled": "has stalled",
    "ended": "has ended",
    "idle": "no session is open",
    "degraded": "some session is in error",
}
SEVERAL: Final = {
    "thinking": "are thinking",
    "tool_running": "are running a tool",
    "streaming": "are streaming",
    "waiting_for_user": "wait for a user",
    "error": "are in error",
    "lost": "lost their worker",
    "stalled": "have stalled",
    "ended": "have ended",
}


class Fact(TypedDict):
    """One of the things that a message tells, for programs."""

    state: str
    session_key: str | None
    channel: str | None
    seconds: float
    detail: str | None
    title: str | None
    error_message: str | None
    link: str | None
    page_url: str | None


class Message(NamedTuple):
    """One message.

    Attributes:
        id: The name that it has wherever it is told again, `msg_` and hex.
        target: The name of its target.
        title: One line that says what it is about.
        lines: A line for each of the first things that it tells, and one that counts the others.
        url: Where the page shows the session, or all of them; None without a page.
        facts: What it tells, for programs.
        total: How many things it tells.
    """

    id: str
    target: str
    title: str
    lines: tuple[str, ...]
    url: str | None
    facts: tuple[Fact, ...]
    total: int

    @property
    def text(self) -> str:
        """Title and lines, which repeat it if there is but one."""
        return "\n".join((self.title, *self.lines) if self.lines else (self.title,))


def write_message(id_: str, target: str, items: Sequence[Item], now: float, page_url: str = "") -> Message:
    """Write what these items come to, which are one at least."""
    lines = [_line(item, now) for item in items[:MOST_LINES]]
    if len(items) > MOST_LINES:
        lines.append(f"and {len(items) - MOST_LINES} more")
    first = items[0].episode.occurrence
    url = None
    if page_url:
        url = _page_of(page_url, first.key if len(items) == 1 else ALL_SESSIONS)
    return Message(
        id=id_,
        target=target,
        title=lines[0] if len(items) == 1 else _title(items),
        lines=() if len(items) == 1 else tuple(lines),
        url=url,
        facts=tuple(_fact(item, now, page_url) for item in items[:MOST_FACTS]),
        total=len(items),
    )


def _title(items: Sequence[Item]) -> str:
    """Count in words: `10 sessions wait for a user, 2 have stalled`."""
    counts = Counter(item.episode.occurrence.what for item in items)
    parts = []
    for what, count in counts.items():
        if what not in SEVERAL:
            parts.append(WORDS[what])
            continue
        noun = "" if parts else "session " if count == 1 else "sessions "
        parts.append(f"{count} {noun}{(WORDS if count == 1 else SEVERAL)[what]}")
    return ", ".join(parts)


def _line(item: Item, now: float) -> str:
    occurrence, since = item.episode.occurrence, item.episode.since
    words = WORDS[occurrence.what]
    if occurrence.detail:
        words += f" ({_cut(occurrence.detail)})"
    if occurrence.key == ALL_SESSIONS:
        return _with_age(words, now - since)
    ago = occurrence.what in {"ended", "lost"}
    line = _with_age(f"{_cut(occurrence.key)} {words}", now - since, is_ago=ago)
    if item.rule.with_title:
        texts = (occurrence.title, occurrence.error)
        line += "".join(f": {_cut(text)}" for text in texts if text)
    return line


def _with_age(words: str, seconds: float, *, is_ago: bool = False) -> str:
    if seconds in (float("inf"), float("-inf")):
        return words
    return f"{words}, {duration(seconds)} ago" if is_ago else f"{words} for {duration(seconds)}"


def _fact(item: Item, now: float, page_url: str) -> Fact:
    occurrence, is_told = item.episode.occurrence, item.rule.with_title
    seconds = now - item.episode.since
    return {
        "state": occurrence.what,
        "session_key": occurrence.key or None,
        "channel": occurrence.channel or None,
        "seconds": round(seconds, 1) if seconds != float("inf") else 0.0,
        "detail": occurrence.detail or None,
        "title": occurrence.title if is_told else None,
        "error_message": occurrence.error if is_told else None,
        "link": _link(occurrence),
        "page_url": _page_of(page_url, occurrence.key) if page_url else None,
    }


def _link(occurrence: Occurrence) -> str | None:
    link = occurrence.link
    return link if link is not None and link.startswith(("http://", "https://")) else None


def _page_of(page_url: str, key: str) -> str:
    return page_url if key == ALL_SESSIONS else f"{page_url}?{urlencode({'open': key})}"


def _cut(text: str) -> str:
    line = plain(text).strip()
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"
