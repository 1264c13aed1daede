"""What has changed, as lines."""

from agent_status_gateway.cli.terminal.changes import LEFT, changes, gateway_changes
from agent_status_gateway.cli.terminal.view import Feed, Known, ReceivedSnapshot, Trouble
from tests.unit.gateway.cli.terminal.snapshots import end, row, snapshot, with_ends

CONNECTED = Known(received=ReceivedSnapshot(snapshot=snapshot(), text="", at=100))


def test_the_first_snapshot_is_all_change_in_the_order_of_need() -> None:
    first = snapshot(row("web:1", title="Fix auth bug"), row("web:2", state="waiting_for_user"))
    assert changes(None, first) == [
        "fleet active (2 of 5 sessions · up 1h 1m)",
        "web:2 waiting for user",
        "web:1 thinking (Fix auth bug)",
    ]


def test_only_what_changed_is_said() -> None:
    before = snapshot(row("web:1"), row("web:2"), row("web:3", title="Ending"))
    after = snapshot(row("web:1", duration_seconds=80), row("web:2", state="tool_running", tool_name="bash"))
    assert changes(before, after) == ["web:3 ended (Ending)", "web:2 running bash"]


def test_a_new_global_state_is_said_and_new_figures_alone_are_not() -> None:
    working, failed = snapshot(row()), snapshot(row(state="error", error_message="disk full"))
    assert changes(working, failed) == ["fleet degraded (1 of 5 sessions · up 1h 1m)", "web:1 error: disk full"]
    assert changes(snapshot(row()), snapshot(row(), max_concurrent=9, uptime_seconds=1)) == []


def test_another_tool_another_error_and_another_title_are_changes() -> None:
    before = row(state="tool_running", tool_name="bash")
    assert changes(snapshot(before), snapshot(row(state="tool_running", tool_name="grep"))) == ["web:1 running grep"]
    failed, again = row(state="error", error_message="a"), row(state="error", error_message="b")
    assert changes(snapshot(failed), snapshot(again)) == ["web:1 error: b"]
    assert changes(snapshot(row()), snapshot(row(title="Named"))) == ["web:1 thinking (Named)"]


def test_a_session_that_no_longer_matches_is_shown_once_and_has_not_ended() -> None:
    before, after = snapshot(row("web:1"), row("web:2")), snapshot(row("web:1", state="streaming"), row("web:2"))
    assert changes(before, after, "thinking") == ["web:1 streaming"]
    assert changes(before, after, "web:2") == []


def test_a_session_that_has_left_a_view_is_not_said_to_have_ended() -> None:
    before, after = snapshot(row("web:1", title="Fix auth bug"), row("web:2")), snapshot(row("web:2"))
    assert changes(before, after, gone=LEFT) == ["web:1 left the view (Fix auth bug)"]


def test_a_session_that_has_stalled_is_a_change_and_so_is_one_that_works_again() -> None:
    works, stalled = row(title="Fix auth bug", stalled=False), row(title="Fix auth bug", stalled=True)
    assert changes(snapshot(works), snapshot(stalled)) == ["web:1 stalled: thinking (Fix auth bug)"]
    assert changes(snapshot(stalled), snapshot(works)) == ["web:1 thinking (Fix auth bug)"]


def test_an_end_that_the_gateway_tells_is_said_once_and_with_its_outcome() -> None:
    before = with_ends(snapshot(row("web:1"), row("web:2"), row("web:3")), end("web:9", 50))
    after = with_ends(snapshot(row("web:3")), end("web:1", 0.2, title="Fix auth bug"), end("web:9", 60))
    assert changes(before, after, gone=LEFT) == ["web:2 left the view", "web:1 ended 0s ago: done (Fix auth bug)"]
    assert changes(None, with_ends(snapshot(), end("web:9", 50)))[1:] == ["web:9 ended 50s ago: done"]


def test_an_end_has_a_line_if_it_matches_or_its_last_row_did() -> None:
    before, after = snapshot(row("web:1"), row("web:2")), with_ends(snapshot(), end("web:1"), end("web:2", 5.0))
    assert changes(before, after, "web:2") == ["fleet idle (0 of 5 sessions · up 1h 1m)", "web:2 ended 5s ago: done"]
    assert len(changes(before, after, "thinking")) == 3


def test_a_hostile_session_has_one_line_that_no_terminal_obeys() -> None:
    hostile = row("web:\x1b[2J\n1", title="\x1b]0;owned\x07", state="tool_running", tool_name="a\nb")
    (line,) = changes(snapshot(), snapshot(hostile, state="idle"))
    assert line.isprintable()
    assert line == "web: [2J 1 running a b (]0;owned)"


def test_the_gateway_has_a_line_for_each_trouble_and_one_for_its_end() -> None:
    refused = CONNECTED.after(Trouble(reason="refused", retry_at=102))
    again = refused.after(Trouble(reason="refused", retry_at=105))
    back = again.after(ReceivedSnapshot(snapshot=snapshot(), text="", at=104))
    assert gateway_changes(Known(), CONNECTED, 100) == []
    assert gateway_changes(CONNECTED, refused, 101) == ["gateway reconnecting in 1 s: refused; the snapshot is 1s old"]
    assert gateway_changes(refused, again, 103) == []
    assert gateway_changes(again, back, 104) == ["gateway live"]


def test_a_lost_redis_makes_the_gateway_stale_across_reconnects() -> None:
    stale = CONNECTED.after(Feed(is_lost=True, since=97, at=100))
    dropped = stale.after(Trouble(reason="ended", retry_at=102))
    back = dropped.after(ReceivedSnapshot(snapshot=snapshot(), text="", at=102))
    live = back.after(Feed(is_lost=False, since=103, at=103))
    assert gateway_changes(CONNECTED, stale, 100) == ["gateway stale: the gateway lost Redis 3s ago"]
    assert gateway_changes(dropped, back, 102) == ["gateway stale: the gateway lost Redis 5s ago"]
    assert gateway_changes(back, live, 103) == ["gateway live"]


def test_a_gateway_that_falls_silent_has_a_line_and_one_when_it_is_back() -> None:
    live = CONNECTED.after(Feed(is_lost=False, since=0, at=100))
    repeated = live.after(Feed(is_lost=False, since=0, at=110, is_first=False))
    silent = repeated.as_of(150)
    assert gateway_changes(repeated, silent, 150) == ["gateway stale: nothing has come from the gateway for 40s"]
    back = silent.after(Feed(is_lost=False, since=0, at=151, is_first=False))
    assert gateway_changes(silent, back, 151) == ["gateway live"]
