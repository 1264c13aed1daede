"""Pure: how a person is told the picture: the order, the words, and the numbers.

The page says the same in its own language (`dashboard/presentation.js`); both are held to the same cases,
`tests/unit/golden/presentation.json`. Titles, tools and errors come from users' prompts: nothing in them is obeyed.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

from agent_status_gateway.state.schema import GlobalStatus, SessionStatus, TokenUsage

RANKS: Final = {"waiting_for_user": 0, "error": 1}
"""Who needs somebody comes first; among the others nobody changes place because its state does."""
JOINERS: Final = "\u200c\u200d"
"""Invisible like what a terminal or a browser would act on, but scripts and emoji are spelt with them."""
STATE_LABELS: Final = {
    "waiting_for_user": "waiting for user",
    "error": "in error",
    "thinking": "thinking",
    "tool_running": "running a tool",
    "streaming": "streaming",
}
"""The states of many sessions, in the order in which they are counted."""
MINUTE_SECONDS: Final = 60
HOUR_SECONDS: Final = 3600
DAY_SECONDS: Final = 86_400


def in_order(rows: Iterable[SessionStatus]) -> list[SessionStatus]:
    """Those that wait for a user, then those in error, then the others; each as the snapshot has them, by key."""
    return sorted(rows, key=lambda row: RANKS.get(row["state"], len(RANKS)))


def headline(fleet: GlobalStatus) -> str:
    """The fleet in numbers; its state, which is shown in colour, is not in it."""
    return f"{fleet['active_sessions']} of {fleet['max_concurrent']} sessions · up {duration(fleet['uptime_seconds'])}"


def name(row: SessionStatus) -> str:
    """What a session is called."""
    return plain(row["title"] or "").strip() or plain(row["session_id"])


def what(row: SessionStatus) -> str:
    """What a session does."""
    match row["state"]:
        case "tool_running":
            return f"running {plain(row['tool_name'] or '') or 'a tool'}"
        case "waiting_for_user":
            return "waiting for user"
        case "error":
            return f"error: {message}" if (message := plain(row["error_message"] or "")) else "error"
        case state:
            return state


def counts(rows: Iterable[SessionStatus]) -> str:
    """How many sessions do what: "2 waiting for user, 1 in error, 300 thinking"; empty for none."""
    found = Counter(row["state"] for row in rows)
    return ", ".join(f"{found[state]} {label}" for state, label in STATE_LABELS.items() if found[state])  # type: ignore[index]


def matches(row: SessionStatus, text: str) -> bool:
    """Whether the text, in any case, is part of the session's key, channel, name, state (as said, too) or tool."""
    fields = (
        row["session_key"],
        row["channel"],
        name(row),
        row["state"],
        STATE_LABELS[row["state"]],
        row["tool_name"] or "",
    )
    return any(text.strip().lower() in field.lower() for field in fields)


def duration(seconds: float) -> str:
    """Seconds as a person says them: 4s, 2m 10s, 3h 5m, 2d 4h."""
    whole = max(0, int(seconds))
    if whole < MINUTE_SECONDS:
        return f"{whole}s"
    if whole < HOUR_SECONDS:
        return f"{whole // MINUTE_SECONDS}m {whole % MINUTE_SECONDS}s"
    if whole < DAY_SECONDS:
        return f"{whole // HOUR_SECONDS}h {whole % HOUR_SECONDS // MINUTE_SECONDS}m"
    return f"{whole // DAY_SECONDS}d {whole % DAY_SECONDS // HOUR_SECONDS}h"


def tokens(usage: TokenUsage | None) -> str:
    """Tokens in all: 950, 12.3k, 4.5M; empty for none. Cut, not rounded: no number is shown before it is reached."""
    total = 0 if usage is None else usage["input"] + usage["output"]
    if total < 1000:  # noqa: PLR2004 - as it says
        return str(total) if total else ""
    unit, size = ("M", 1_000_000) if total >= 1_000_000 else ("k", 1000)  # noqa: PLR2004
    tenths = total * 10 // size
    return f"{tenths // 10:,}.{tenths % 10}{unit}"


def plain(text: str) -> str:
    """The text with a space for each control, format (bidi marks among them) and private character and line break."""
    return "".join(" " if _is_active(character) else character for character in text)


def _is_active(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and character not in JOINERS
