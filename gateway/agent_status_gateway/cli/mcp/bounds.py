"""Pure: how much an answer for an agent may have. A model reads all of it, and pays for each row."""

from typing import Any, Final

from agent_status_gateway.state.fold.schema import SessionStatus

MOST_ROWS: Final = 200
"""The most sessions of one answer."""
MOST_GROUPS: Final = 100
"""The most groups of one summary."""
MOST_SESSIONS: Final = 5000
"""The most sessions of a view whose rows are read at all. A larger one must be narrowed."""
MOST_CHARACTERS: Final = 200
"""The most characters of one text of a user."""


def page(rows: list[SessionStatus], after: str, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Take a page of rows, which are sorted by session key.

    Args:
        rows: All rows.
        after: The session key after which the page begins; empty for the first one.
        limit: The most rows of the page.

    Returns:
        The rows of the page, and the key after which the next one begins; None if there is none.
    """
    left = [row for row in rows if row["session_key"] > after]
    shown = left[:limit]
    return [_cut(row) for row in shown], shown[-1]["session_key"] if len(left) > limit else None


def _cut(row: SessionStatus) -> dict[str, Any]:
    cut: dict[str, Any] = {**row}
    for name in ("title", "error_message"):
        text = cut[name]
        if text is not None and len(text) > MOST_CHARACTERS:
            cut[name] = f"{text[: MOST_CHARACTERS - 1]}…"
    return cut
