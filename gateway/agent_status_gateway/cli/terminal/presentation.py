"""Pure: how people see a snapshot: the order, the words, and the numbers.

The page has the same rules in JavaScript (`dashboard/presentation.js`); both are held to the same cases,
`tests/unit/golden/presentation.json`. Titles, tools and errors come from users, so they are made plain.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from agent_status_gateway.plain_text import is_active, plain
from agent_status_gateway.state.fold.schema import GlobalStatus, SessionStatus, TokenUsage

RANKS: Final = {"waiting_for_user": 0, "error": 1}
"""Ranks of the states that need attention. All others share the last one, below the sessions that are stalled."""
STALLED: Final = "stalled"
"""The word for a session that works, and whose agent has made no call for as long as the reader has said."""
STATE_LABELS: Final = {
    "waiting_for_user": "waiting for user",
    "error": "in error",
    "thinking": "thinking",
    "tool_running": "running a tool",
    "streaming": "streaming",
}
"""Labels of the states, in the order in which they are counted."""
ATTENTION: Final = "attention"
"""The name of the order in which those who need a person come first."""
ORDERS: Final = {
    ATTENTION: "needs attention",
    "duration": "longest in state",
    "tokens": "most tokens",
    "name": "name",
}
"""The orders of a list by their names, in words: those of the page, in its order."""
MINUTE_SECONDS: Final = 60
HOUR_SECONDS: Final = 3600
DAY_SECONDS: Final = 86_400
UNITS: Final = (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3))
"""Units of large numbers, the largest first."""


def in_order(rows: Iterable[SessionStatus]) -> list[SessionStatus]:
    """Sessions that wait for a user, those in error, those that are stalled, then the others by key.

    The first ones are in the order of the longest wait. The others keep their place when their state changes.
    """

    def place(row: SessionStatus) -> tuple[int, float]:
        rank = RANKS.get(row["state"], len(RANKS) + (not row.get("stalled")))
        return rank, -row["duration_seconds"] if rank <= len(RANKS) else 0.0

    return sorted(rows, key=place)


def ordered(rows: Iterable[SessionStatus], order: str) -> list[SessionStatus]:
    """Sessions in the order with this name. Equal ones stay in the order of their keys, which is the gateway's."""
    return in_order(rows) if order == ATTENTION else sorted(rows, key=_PLACES[order])


def headline(fleet: GlobalStatus) -> str:
    """Figures of the fleet. Its state is not among them, since that is shown in colour.

    Where some workers do not say how many sessions they could run, the number that others say may be too small. The
    figures do not name a number that is smaller than that of the sessions.
    """
    open_, most = fleet["active_sessions"], fleet["max_concurrent"]
    sessions = (
        f"{open_} of {most} sessions" if most and most >= open_ else f"{open_} session{'' if open_ == 1 else 's'}"
    )
    return f"{sessions} · up {duration(fleet['uptime_seconds'])}"


def need_words(rows: Iterable[SessionStatus]) -> str:
    """Number of sessions that need a person, and by state: "2 need a person: 1 waiting for user, 1 in error"."""
    needing = [row for row in rows if row["state"] in RANKS]
    return f"{len(needing)} need{'s' * (len(needing) == 1)} a person: {counts(needing)}" if needing else ""


def name(row: SessionStatus) -> str:
    """Name of a session: its title, if there is something to see in that."""
    title = plain(row["title"] or "").strip()
    return title if any(map(_is_seen, title)) else plain(row["session_id"])


def what(row: SessionStatus) -> str:
    """Words for what a session does."""
    match row["state"]:
        case "tool_running":
            return f"running {plain(row['tool_name'] or '') or 'a tool'}"
        case "waiting_for_user":
            return "waiting for user"
        case "error":
            return f"error: {message}" if (message := plain(row["error_message"] or "")) else "error"
        case state:
            return state


def what_now(row: SessionStatus) -> str:
    """Words for what a session does, and that it is stalled, if the gateway was asked for that."""
    return f"{STALLED}: {what(row)}" if row.get("stalled") else what(row)


def counts(rows: Iterable[SessionStatus]) -> str:
    """Number of sessions in each state: "2 waiting for user, 1 in error, 300 thinking"; empty for none."""
    found = Counter(row["state"] for row in rows)
    return ", ".join(f"{found[state]:,} {label}" for state, label in STATE_LABELS.items() if found[state])  # type: ignore[index]


def matches(row: SessionStatus, text: str) -> bool:
    """True if each word is in the session's key, channel, name, state (or its label), tool or error, in any case."""
    fields = (
        row["session_key"],
        row["channel"],
        name(row),
        row["state"],
        STATE_LABELS[row["state"]],
        row["tool_name"] or "",
        row["error_message"] or "",
        STALLED if row.get("stalled") else "",
    )
    return has_words(fields, text)


def has_words(fields: Iterable[str], text: str) -> bool:
    """True if each word of a text is in one of the fields, in any case."""
    searched = "\n".join(fields).lower()
    return all(word in searched for word in text.lower().split())


def duration(seconds: float) -> str:
    """Seconds in words: 4s, 2m 10s, 3h 5m, 2d 4h."""
    whole = max(0, int(seconds))
    if whole < MINUTE_SECONDS:
        return f"{whole}s"
    if whole < HOUR_SECONDS:
        return f"{whole // MINUTE_SECONDS}m {whole % MINUTE_SECONDS}s"
    if whole < DAY_SECONDS:
        return f"{whole // HOUR_SECONDS}h {whole % HOUR_SECONDS // MINUTE_SECONDS}m"
    return f"{whole // DAY_SECONDS}d {whole % DAY_SECONDS // HOUR_SECONDS}h"


def tokens(usage: TokenUsage | None) -> str:
    """Tokens in all: 950, 12.3k, 4.5M, 2.1B; empty for none.

    From 1,000 on the number is rounded to a tenth of its unit. What would be 1,000.0 of a unit is 1.0 of the next.
    """
    total = 0 if usage is None else usage["input"] + usage["output"]
    unit, size = next(((unit, size) for unit, size in UNITS if total * 20_000 >= size * 19_999), ("", 1))
    if not unit:
        return str(total) if total else ""
    tenths = (total * 10 + size // 2) // size
    return f"{tenths // 10:,}.{tenths % 10}{unit}"


def total(usage: TokenUsage | None) -> int:
    """Input and output tokens together."""
    return 0 if usage is None else usage["input"] + usage["output"]


def json_line(text: str) -> str:
    """JSON as one line that changes no terminal: the same values, with active characters escaped.

    Valid JSON has such characters only in strings, except for spaces and line ends between its parts.
    """
    return "".join(_escaped(character) if is_active(character) else character for character in text)


def _is_seen(character: str) -> bool:
    """Test whether a character shows by itself, and is not a space, a joiner or a mark on another one."""
    category = unicodedata.category(character)
    return category != "Cf" and category[0] not in "MZ"


def _escaped(character: str) -> str:
    if character in "\t\n\r":
        return " "
    utf16 = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{utf16[place : place + 2].hex()}" for place in range(0, len(utf16), 2))


_PLACES: Final[dict[str, Callable[[SessionStatus], float | str]]] = {
    "duration": lambda row: -row["duration_seconds"],
    "tokens": lambda row: -total(row["token_usage"]),
    "name": lambda row: name(row).lower(),
}
