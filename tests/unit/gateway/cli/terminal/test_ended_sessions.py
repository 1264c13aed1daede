"""Sessions that have ended, as lines."""

import pytest

from agent_status_gateway.cli.terminal.ended_sessions import end_line, ends_within, matches_end, new_ends
from agent_status_gateway.state.fold.schema import EndedStatus
from tests.unit.gateway.cli.terminal.snapshots import end, snapshot, with_ends


@pytest.mark.parametrize(
    ("ended", "line"),
    [
        (end(title="Fix auth bug"), "web:1 ended 2m 10s ago: done (Fix auth bug)"),
        (end(outcome="failed", error_message="disk full"), "web:1 ended 2m 10s ago: failed: disk full"),
        (end(outcome="failed"), "web:1 ended 2m 10s ago: failed"),
        (end(outcome="lost", error_message="worker lost"), "web:1 ended 2m 10s ago: lost"),
        (end(outcome=None), "web:1 ended 2m 10s ago"),
    ],
)
def test_a_line_says_when_and_how_a_session_ended(ended: EndedStatus, line: str) -> None:
    assert end_line(ended) == line


def test_a_hostile_end_has_one_line_that_no_terminal_obeys() -> None:
    hostile = end("web:\x1b[2J\n1", title="\x1b]0;owned\x07", outcome="failed", error_message="a\nb\u202e")
    assert end_line(hostile).isprintable()


@pytest.mark.parametrize("text", ["", "WEB", "auth", "failed", "disk", "ended web:1", "failed disk auth"])
def test_an_end_matches_by_key_channel_title_outcome_and_error(text: str) -> None:
    failed = end(title="Fix auth bug", outcome="failed", error_message="Disk full")
    assert matches_end(failed, text)
    assert not matches_end(failed, f"{text} cancelled")


# ended_sessions: Rule 1
def test_an_end_that_is_older_than_asked_for_is_left_out() -> None:
    shown = with_ends(snapshot(), end("web:1", 900.0), end("web:2", 900.1))
    assert ends_within(shown, 900) == [end("web:1", 900.0)]
    assert ends_within(snapshot(), 900) is None


# ended_sessions: Rule 2
def test_an_end_is_new_if_it_was_not_known_or_is_younger_or_is_told_otherwise() -> None:
    before = with_ends(snapshot(), end("web:1", 50), end("web:2", 50), end("web:3", 50), end("web:4", 50))
    again, otherwise, new = end("web:2", 3), end("web:3", 60, outcome="failed"), end("web:5", 1)
    after = with_ends(snapshot(), new, again, end("web:4", 49.5), end("web:1", 60), otherwise)
    assert new_ends(before, after) == [otherwise, again, new], "the oldest first"
    assert new_ends(None, with_ends(snapshot(), new)) == [new]
    assert new_ends(before, snapshot()) == []
