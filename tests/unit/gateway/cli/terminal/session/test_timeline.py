"""What each session did while the terminal watched."""

from typing import Any

from agent_status_gateway.cli.terminal.session import timeline
from agent_status_gateway.cli.terminal.session.timeline import Timelines, lines_of
from agent_status_gateway.state.fold.schema import SessionStatus
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot


def seen(timelines: Timelines, now: float = 200.0, key: str = "web:1") -> list[tuple[str, str]]:
    return lines_of(timelines.of(key), now, lambda moment: f"{moment:g}")


def watched(*moments: tuple[float, SessionStatus | None]) -> Timelines:
    timelines = Timelines()
    for at, one in moments:
        timelines.see(snapshot(*[] if one is None else [one]), at)
    return timelines


def thinking(lasts: float, **fields: Any) -> SessionStatus:
    return row(duration_seconds=lasts, **fields)


# timeline: Rule 1
def test_a_state_begins_when_the_snapshot_says_so_and_goes_on() -> None:
    timelines = watched((100.0, thinking(40.0)), (110.0, thinking(49.3)))
    assert seen(timelines) == [("60 to now", "thinking, 2m 20s")]


def test_the_newest_state_comes_first_and_each_ends_where_the_next_begins() -> None:
    timelines = watched(
        (100.0, thinking(40.0)),
        (110.0, thinking(5.0, state="tool_running", tool_name="bash")),
        (120.0, thinking(2.0, state="tool_running", tool_name="grep")),
        (130.0, thinking(1.0, state="waiting_for_user")),
    )
    assert seen(timelines) == [
        ("129 to now", "waiting for user, 1m 11s"),
        ("118 to 129", "running grep, 11s"),
        ("105 to 118", "running bash, 13s"),
        ("60 to 105", "thinking, 45s"),
    ]


def test_a_state_that_began_again_between_two_snapshots_is_another_one() -> None:
    timelines = watched((100.0, thinking(10.0)), (120.0, thinking(3.0)))
    assert seen(timelines) == [("117 to now", "thinking, 1m 23s"), ("90 to 117", "thinking, 27s")]


# timeline: Rule 2
def test_after_a_lost_stream_a_state_goes_on_only_if_its_beginning_proves_it() -> None:
    same, other = watched((100.0, thinking(10.0))), watched((100.0, thinking(10.0)))
    for timelines in (same, other):
        timelines.lose(110.0)
        assert seen(timelines) == [("90 to 110", "thinking, 20s")]
    same.see(snapshot(thinking(60.0)), 150.0)
    assert seen(same) == [("90 to now", "thinking, 1m 50s")]
    other.see(snapshot(thinking(5.0)), 150.0)
    assert seen(other) == [("145 to now", "thinking, 55s"), ("90 to 110", "thinking, 20s")]


def test_a_session_that_is_gone_is_kept_and_one_that_comes_back_goes_on() -> None:
    timelines = watched((100.0, thinking(10.0)), (120.0, None))
    assert seen(timelines) == [("90 to 120", "thinking, 30s")]
    timelines.see(snapshot(thinking(1.0)), 150.0)
    assert seen(timelines) == [("149 to now", "thinking, 51s"), ("90 to 120", "thinking, 30s")]
    assert seen(timelines, key="web:2") == []


# timeline: Rule 3
def test_what_is_kept_is_bounded() -> None:
    timelines = Timelines()
    for at in range(300):
        timelines.see(snapshot(thinking(0.0, state="tool_running", tool_name=str(at))), float(at * 10))
    assert len(timelines.of("web:1")) == timeline.MAX_SPANS
    assert timelines.of("web:1")[-1].tool_name == "299", "the newest are kept"
    many = [row(f"web:{number}", duration_seconds=0.0) for number in range(timeline.MAX_ALL_SPANS // 2)]
    for at in range(4):
        timelines.see(snapshot(*many), 3000.0 + at * 10)
    assert len(timelines.of("web:1")) == 2, "fewer in a large fleet"
    timelines.see(snapshot(), 4000.0)
    kept = [one["session_key"] for one in many if timelines.of(one["session_key"])]
    assert kept == [one["session_key"] for one in many[-timeline.MAX_GONE :]]


def test_a_hostile_tool_is_made_plain() -> None:
    hostile = thinking(1.0, state="tool_running", tool_name="\x1b[2J\u202ea\nb")
    ((_, words),) = seen(watched((100.0, hostile)))
    assert words.isprintable()
