"""A snapshot for a terminal. Titles, tools and errors come from users' prompts: nothing in them is obeyed."""

from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.snapshot import SessionStatus, Snapshot

COLOURS: Final = {
    "idle": "dim",
    "active": "green",
    "degraded": "red",
    "thinking": "blue",
    "tool_running": "magenta",
    "streaming": "green",
    "waiting_for_user": "yellow",
    "error": "red",
}
MINUTE_SECONDS: Final = 60
HOUR_SECONDS: Final = 3600


def render(snapshot: Snapshot) -> RenderableType:
    """The whole picture as a headline and a table."""
    fleet = snapshot["global"]
    headline = Text.assemble(
        (fleet["state"], f"bold {COLOURS[fleet['state']]}"),
        f"  {fleet['active_sessions']} of {fleet['max_concurrent']} sessions",
        f"  up {duration(fleet['uptime_seconds'])}",
    )
    if not snapshot["sessions"]:
        return headline
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("session", "channel", "state", "for", "tokens"):
        table.add_column(column, overflow="fold")
    for row in snapshot["sessions"]:
        usage = row["token_usage"]
        table.add_row(
            Text(plain(row["title"] or row["session_id"])),
            Text(plain(row["channel"])),
            Text(what(row), COLOURS[row["state"]]),
            duration(row["duration_seconds"]),
            "" if usage is None else f"{usage['input'] + usage['output']:,}",
        )
    return Group(headline, table)


def one_line(snapshot: Snapshot) -> str:
    """The whole picture on one line, for where there is no terminal."""
    fleet = snapshot["global"]
    rows = ", ".join(f"{plain(row['session_key'])} {what(row)}" for row in snapshot["sessions"])
    return f"{fleet['state']} {fleet['active_sessions']}/{fleet['max_concurrent']}" + (f": {rows}" if rows else "")


def what(row: SessionStatus) -> str:
    """What a session does: its state, and the tool or the error."""
    detail = row["tool_name"] or row["error_message"]
    return f"{row['state']} ({plain(detail)})" if detail else row["state"]


def duration(seconds: float) -> str:
    """Seconds as a person says them: 4s, 2m 10s, 3h 5m."""
    whole = int(seconds)
    if whole < MINUTE_SECONDS:
        return f"{whole}s"
    if whole < HOUR_SECONDS:
        return f"{whole // MINUTE_SECONDS}m {whole % MINUTE_SECONDS}s"
    return f"{whole // HOUR_SECONDS}h {whole % HOUR_SECONDS // MINUTE_SECONDS}m"


def plain(text: str) -> str:
    """Text without anything that a terminal would act on."""
    return "".join(character if character.isprintable() else " " for character in text)
