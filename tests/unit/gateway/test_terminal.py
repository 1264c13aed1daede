"""A snapshot for a terminal."""

import io

import pytest
from rich.console import Console

from gateway.snapshot import SessionStatus, Snapshot
from gateway.terminal import duration, one_line, render


def row(**fields: object) -> SessionStatus:
    plain: SessionStatus = {
        "session_key": "web:1",
        "session_id": "1",
        "channel": "web",
        "title": None,
        "state": "thinking",
        "tool_name": None,
        "duration_seconds": 75.4,
        "token_usage": None,
        "error_message": None,
    }
    return plain | fields  # type: ignore[return-value]


def snapshot(*rows: SessionStatus) -> Snapshot:
    overview = {"state": "active", "active_sessions": len(rows), "max_concurrent": 5, "uptime_seconds": 3700}
    return {"global": overview, "sessions": list(rows)}  # type: ignore[typeddict-item]


def printed(*rows: SessionStatus, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, color_system=None).print(render(snapshot(*rows)))
    return out.getvalue()


def test_the_table_shows_what_each_session_does_and_for_how_long() -> None:
    shown = printed(
        row(title="Fix auth bug", state="tool_running", tool_name="bash", token_usage={"input": 1500, "output": 100})
    )
    for part in ("active", "1 of 5 sessions", "up 1h 1m", "Fix auth bug", "tool_running (bash)", "1m 15s", "1,600"):
        assert part in shown


def test_without_sessions_there_is_no_table() -> None:
    assert "session " not in printed()


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "[red]markup[/red]", "a\nb", "a\u202eb", "bell\x07"])
def test_nothing_in_a_title_is_obeyed(hostile: str) -> None:
    shown = printed(row(title=hostile))
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert len(shown.splitlines()) == 3
    if hostile.startswith("["):
        assert hostile in shown


def test_one_line_says_it_all_where_there_is_no_terminal() -> None:
    line = one_line(snapshot(row(), row(session_key="web:2", state="error", error_message="bo\nom")))
    assert line == "active 2/5: web:1 thinking, web:2 error (bo om)"


@pytest.mark.parametrize(("seconds", "said"), [(0.9, "0s"), (59.9, "59s"), (130, "2m 10s"), (11_100, "3h 5m")])
def test_a_duration_is_said_as_a_person_would(seconds: float, said: str) -> None:
    assert duration(seconds) == said
