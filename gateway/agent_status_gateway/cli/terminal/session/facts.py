"""Pure: what is known of one session, as a person reads it.

The page has the same facts in the same words (`dashboard/page/session/facts.js`).

Rule 1: what a row does not have is left out. An older gateway has fewer fields, and most sessions set few of them.
Rule 2: all of it is text of strangers. A link is one only if it leads to the web, and its host is shown before it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from agent_status_gateway.cli.terminal.changes import session_line
from agent_status_gateway.cli.terminal.ended_sessions import end_line
from agent_status_gateway.cli.terminal.presentation import duration, in_order, what_now
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.fold.schema import EndedStatus, SessionStatus
from agent_status_publisher.contract.details.link import check_link

MOST_CHILDREN: Final = 50
"""Maximum open children that are named, and maximum ended ones. The page names as many open ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """One session as far as it is known.

    Attributes:
        row: Its row, with all fields if the gateway says them. The last one if it is not open any more; None if there
            was none.
        is_open: True until the gateway says that it is not there any more.
        problem: The reason why there are no details; empty if there are.
        parent: Row of the session for which it works, if that is known.
        end: How it ended, if the gateway says so.
        children: Rows of the sessions that work for it.
        ended_children: Ends of the sessions that did, the newest first.
        seen: Times and words of what it did while this terminal watched, the newest first.
    """

    key: str
    row: SessionStatus | None
    is_open: bool = True
    problem: str = ""
    end: EndedStatus | None = None
    parent: SessionStatus | None = None
    children: Sequence[SessionStatus] = ()
    ended_children: Sequence[EndedStatus] = ()
    seen: Sequence[tuple[str, str]] = ()


def facts_of(
    row: SessionStatus,
    *,
    parent: SessionStatus | None = None,
    children: Sequence[SessionStatus] = (),
    ended_children: Sequence[EndedStatus] = (),
) -> list[tuple[str, str]]:
    """Names and words of all that is known of a session, but for its title. Words may have several lines."""
    words = {called: words(row) for called, words in _FACTS.items()}
    if parent is not None:
        words["Parent"] = session_line(parent)
    words["Children"] = _first_of([session_line(child) for child in in_order(children)])
    words["Ended children"] = _first_of([end_line(end) for end in ended_children])
    return [(called, said) for called, said in words.items() if said]


def words_for(field: str, row: SessionStatus) -> str:
    """Words for a field that a reader has to ask for; empty if the session does not have it."""
    return _WORDS[field](row)


def _first_of(lines: list[str]) -> str:
    more = [f"and {len(lines) - MOST_CHILDREN:,} more"] if len(lines) > MOST_CHILDREN else []
    return "\n".join([*lines[:MOST_CHILDREN], *more])


def _state(row: SessionStatus) -> str:
    words = what_now({**row, "error_message": None})
    reason = row.get("waiting_for")
    return f"{words}: {plain(reason)}" if row["state"] == "waiting_for_user" and reason else words


def _labels(row: SessionStatus) -> str:
    return ", ".join(f"{plain(name)}: {plain(value)}" for name, value in row.get("labels", {}).items())


def _link(row: SessionStatus) -> str:
    link = row.get("link") or ""
    try:
        check_link(link)
        host = urlsplit(link).netloc
    except ValueError:
        return ""
    return f"{plain(host)}  {plain(link)}"


def _context(row: SessionStatus) -> str:
    context = row.get("context")
    if not context:
        return ""
    used, window = context["used"], context["window"]
    share = f" ({used * 100 // window} %)" if window else ""
    return f"{used:,} of {window:,} tokens{share}"


def _cost(row: SessionStatus) -> str:
    cost = row.get("cost_usd")
    if cost is None:
        return ""
    whole, _, cents = f"{cost:,.{4 if cost < 1 else 2}f}".partition(".")
    return f"${whole}.{cents.rstrip('0').ljust(2, '0')}"


def _progress(row: SessionStatus) -> str:
    progress = row.get("progress")
    return f"{progress['done']:,} of {progress['of']:,}" if progress else ""


def _quiet(row: SessionStatus) -> str:
    return duration(row["quiet_seconds"]) if "quiet_seconds" in row else ""


def _tokens(row: SessionStatus) -> str:
    usage = row["token_usage"]
    return f"{usage['input']:,} in, {usage['output']:,} out" if usage else ""


_WORDS: Final[dict[str, Callable[[SessionStatus], str]]] = {
    "labels": _labels,
    "parent": lambda row: plain(row.get("parent") or ""),
    "link": _link,
    "host": lambda row: plain(row.get("host", "")),
    "worker_id": lambda row: plain(row.get("worker_id", "")),
    "waiting_for": lambda row: plain(row.get("waiting_for") or ""),
    "context": _context,
    "cost_usd": _cost,
    "progress": _progress,
    "quiet_seconds": _quiet,
}
"""Words for the fields that a reader has to ask for, by their names."""
_FACTS: Final[dict[str, Callable[[SessionStatus], str]]] = {
    "Key": lambda row: plain(row["session_key"]),
    "State": _state,
    "In state": lambda row: duration(row["duration_seconds"]),
    "Error": lambda row: plain(row["error_message"] or ""),
    "Quiet": _quiet,
    "Progress": _progress,
    "Link": _link,
    "Labels": _labels,
    "Parent": _WORDS["parent"],
    "Children": lambda _row: "",  # rows of their own
    "Ended children": lambda _row: "",
    "Tokens": _tokens,
    "Context": _context,
    "Cost": _cost,
    "Channel": lambda row: plain(row["channel"]),
    "Worker": _WORDS["worker_id"],
    "Host": _WORDS["host"],
}
"""Words by a fact's name, in the order in which they are shown."""
