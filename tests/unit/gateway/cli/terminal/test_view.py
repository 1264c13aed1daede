"""What is known of a gateway, and what of it is shown."""

from dataclasses import replace

import pytest

from agent_status_gateway.cli.terminal.view import Feed, Known, News, ReceivedSnapshot, Trouble, aged, select, view
from agent_status_gateway.state.fold.schema import SessionStatus, Snapshot
from tests.unit.gateway.cli.terminal.snapshots import end, row, snapshot, with_ends

URL = "http://gateway"
LIVE = Feed(is_lost=False, since=0.0, at=100.0)
LIVE_AGAIN = Feed(is_lost=False, since=0.0, at=110.0, is_first=False)
LOST = Feed(is_lost=True, since=90.0, at=100.0)
TROUBLE = Trouble(reason="nobody answers", retry_at=104.2)


def received(*rows: SessionStatus, at: float = 100.0) -> ReceivedSnapshot:
    return ReceivedSnapshot(snapshot=snapshot(*rows), text="{}", at=at)


def known(*news: News) -> Known:
    everything = Known()
    for piece in news:
        everything = everything.after(piece)
    return everything


def test_durations_and_uptime_grow_between_snapshots() -> None:
    shown = known(received(row(duration_seconds=1.5))).snapshot(103.25)
    assert shown is not None
    assert shown["sessions"][0]["duration_seconds"] == 4.75
    assert shown["global"]["uptime_seconds"] == 3703


def test_the_seconds_without_a_call_grow_too_where_they_are_known() -> None:
    shown = known(received(row("web:1", quiet_seconds=2.0), row("web:2"))).snapshot(101.5)
    assert shown is not None
    assert [one.get("quiet_seconds") for one in shown["sessions"]] == [3.5, None]


def test_the_uptime_of_no_worker_stays_0() -> None:
    nobody: Snapshot = snapshot(max_concurrent=0, uptime_seconds=0)
    assert aged(nobody, 60)["global"]["uptime_seconds"] == 0


def test_nothing_gets_younger() -> None:
    assert aged(snapshot(row()), -3) == snapshot(row())


@pytest.mark.parametrize(
    ("news", "now", "said"),
    [
        ((), 100, "connecting to http://gateway"),
        ((TROUBLE,), 101, "reconnecting in 4 s: nobody answers"),
        ((TROUBLE,), 105, "reconnecting: nobody answers"),
        ((received(), LIVE), 101, "connected to http://gateway"),
        ((received(), LIVE, TROUBLE), 103, "reconnecting in 2 s: nobody answers; the snapshot is 3s old"),
        ((received(), LOST), 102, "stale: the gateway lost Redis 12s ago"),
        ((received(), LOST, TROUBLE, received()), 102, "stale: the gateway lost Redis 12s ago"),
        ((received(), LOST, LIVE), 102, "connected to http://gateway"),
    ],
)
def test_the_status_says_what_is_wrong_with_the_snapshot(news: tuple[News, ...], now: float, said: str) -> None:
    shown = view(known(*news), now, url=URL)
    assert shown.status == (said,)
    assert shown.is_sound == said.startswith("connect")


@pytest.mark.parametrize(
    ("news", "is_current"),
    [
        ((), False),
        ((received(),), False),  # it is not known yet whether Redis is heard
        ((received(), LIVE), True),
        ((received(), LOST), False),
        ((received(), LIVE, TROUBLE), False),
        ((received(), LIVE, TROUBLE, received()), False),
        ((received(), LIVE, TROUBLE, received(), LIVE), True),
    ],
)
def test_a_snapshot_is_current_once_this_connection_said_that_the_feed_is_live(
    news: tuple[News, ...], is_current: bool
) -> None:
    assert known(*news).is_current(100.5) == is_current


def test_the_snapshot_of_a_gateway_without_feed_events_counts_after_a_moment() -> None:
    assert not known(received()).is_current(101.9)
    assert known(received()).is_current(102)


@pytest.mark.parametrize(
    ("news", "now", "is_silent"),
    [
        ((LIVE,), 1000.0, False),  # an older gateway says it once
        ((replace(LIVE, at=110.0, will_repeat=True),), 145.0, False),
        ((replace(LIVE, at=110.0, will_repeat=True),), 145.1, True),
        ((LIVE, LIVE_AGAIN), 145.0, False),
        ((LIVE, LIVE_AGAIN), 145.1, True),
        ((LOST, Feed(is_lost=False, since=105.0, at=105.0, is_first=False)), 1000.0, False),  # a change, not a repeat
        ((LIVE, LIVE_AGAIN, LIVE), 1000.0, False),  # a new connection, perhaps to an older gateway
        ((LIVE, LIVE_AGAIN, TROUBLE), 1000.0, False),
    ],
)
def test_a_stream_is_stale_once_the_feed_events_that_its_gateway_repeats_are_missing(
    news: tuple[News, ...], now: float, *, is_silent: bool
) -> None:
    shown = known(received(), *news).as_of(now)
    assert shown.is_silent == is_silent
    assert not (is_silent and shown.is_current(now))


def test_a_silent_gateway_is_named_with_the_age_of_its_last_sign_until_the_next_one() -> None:
    silent = known(received(), LIVE, LIVE_AGAIN).as_of(150.0)
    assert view(silent, 150.0, url=URL).status == ("stale: nothing has come from the gateway for 40s",)
    awake = silent.after(Feed(is_lost=False, since=0.0, at=151.0, is_first=False)).as_of(151.0)
    assert (awake.is_silent, awake.is_current(151.0)) == (False, True)


def test_what_matches_is_shown_and_counted_and_the_fleet_stays_whole() -> None:
    everything = known(received(row("web:1"), row("slack:2", state="waiting_for_user"), row("web:3", state="error")))
    shown = view(everything, 100, url=URL, matching=" WEB ")
    assert [row["session_key"] for row in shown.rows] == ["web:3", "web:1"]
    assert shown.status[1] == "filter: WEB: 2 of 3 sessions"
    assert shown.snapshot is not None
    assert shown.snapshot["global"]["active_sessions"] == 3


def test_json_is_the_text_that_came_unless_only_some_is_wanted() -> None:
    received = ReceivedSnapshot(snapshot=snapshot(row("web:1"), row("slack:2")), text="as it came", at=0)
    assert received.json() == received.json("  ") == "as it came"
    assert '"web:1"' in received.json("web")
    assert '"slack:2"' not in received.json("web")
    assert select(received.snapshot, "web")["global"]["active_sessions"] == 2


def test_a_filter_picks_among_the_ends_too() -> None:
    received = ReceivedSnapshot(snapshot=with_ends(snapshot(), end("web:1"), end("ci:1")), text="as it came", at=0)
    assert '"web:1"' in received.json("web")
    assert '"ci:1"' not in received.json("web")
    assert view(known(received), 0, url=URL, matching="ci").ends == [end("ci:1")]
