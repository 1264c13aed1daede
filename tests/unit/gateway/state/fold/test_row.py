"""One row: its bytes, its hash, and what it shows of a session."""

from types import SimpleNamespace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.row import Row, Shown, Source, details_of, row_hash, shown_of
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor
from agent_status_publisher.contract.wire import Report, SessionState
from chaos.workers.reports import record, report, session

THINKING = Shown(SessionState.THINKING, None, None, None, 0, 0)


def source(key: str, started_at: float) -> Source:
    """The source of a session whose state began at this moment."""
    return Source(KnownWorker(Report(seq=1, at_ms=0, record=record("w1", session(key))), started_at, started_at))


texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.builds(Shown, st.sampled_from(SessionState), texts, texts, texts, st.integers(0, 9), st.integers(0, 9)),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)
def test_the_bytes_are_those_that_orjson_makes_of_the_whole(
    key: str, shown: Shown, started_at: float, now: float
) -> None:
    row = Row(key, shown, source(key, started_at))
    whole = orjson.loads(row.json(now))
    assert orjson.dumps(whole) == row.json(now)
    assert whole["duration_seconds"] == round(max(0.0, now - started_at), 1)
    assert (whole["session_key"], whole["state"], whole["title"]) == (key, shown.state.value, shown.title)
    assert (whole["tool_name"], whole["error_message"]) == (shown.tool, shown.error)


def test_its_bytes_are_made_once_and_only_the_duration_is_filled_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def dumps(value: object) -> bytes:
        made.append(value)
        return orjson.dumps(value)

    monkeypatch.setattr("agent_status_gateway.state.fold.row.orjson", SimpleNamespace(dumps=dumps))
    row = Row("web:1", THINKING, source("web:1", 0.0))
    assert not made, "nobody has asked for them yet"
    first = row.json(1.0)
    once = len(made)
    row.source.known = source("web:1", 2.0).known
    assert row.json(5.0) == first.replace(b":1.0,", b":3.0,")
    assert len(made) == once


def test_a_percent_sign_in_a_text_is_a_percent_sign() -> None:
    row = Row("web:1", THINKING._replace(title="100 %b %d"), source("web:1", 0.0))
    assert orjson.loads(row.json(1.0))["title"] == "100 %b %d"


def test_keys_states_and_tools_cannot_be_confused_in_a_hash() -> None:
    thinking, tool = SessionState.THINKING, SessionState.TOOL_RUNNING
    hashes = {
        row_hash("a", thinking, None),
        row_hash("a", thinking, ""),
        row_hash("a", thinking, "b"),
        row_hash("ab", thinking, None),
        row_hash("a", tool, None),
        row_hash("a", tool, "b"),
    }
    assert len(hashes) == 6
    assert all(0 <= value < 1 << 128 for value in hashes)


def test_a_sessions_row_begins_when_its_state_did() -> None:
    known = KnownWorker(report(1, record("w1", session("web:1", changed_ms=2500))).decode(), 10.0, 10.0)
    row = Row("web:1", shown_of(known.report.record.sessions[0], known), Source(known))
    assert (row.shown, row.started_at) == (THINKING, 7.5)


def test_a_row_that_only_grows_older_sees_it_in_its_workers_newest_report() -> None:
    first, second = (
        KnownWorker(report(seq, record("w1", session("web:1", changed_ms=2500 * seq))).decode(), 10.0, 10.0)
        for seq in (1, 2)
    )
    row = Row("web:1", THINKING, known := Source(first))
    known.known = second
    assert row.started_at == 5.0


def test_a_lost_workers_row_begins_at_its_leases_end_unless_it_was_in_error() -> None:
    failed = session("web:2", "error", error="boom", changed_ms=1000, expires_ms=9000)
    known = KnownWorker(report(1, record("w1", session("web:1", tool="bash"), failed)).decode(), 10.0, 10.0)
    known.is_lost = True
    working, in_error = known.report.record.sessions
    lost, kept = shown_of(working, known), shown_of(in_error, known)
    assert (lost.state, lost.tool, lost.error) == ("error", None, "worker lost")
    assert kept.error == "boom"
    assert [Row(key, lost, Source(known)).started_at for key in ("web:1", "web:2")] == [25.0, 9.0]


def test_the_details_of_a_row_are_the_sessions_with_the_labels_of_its_worker() -> None:
    own = Details((("agent", "a"), ("team", "web")), "ci:7", cost_usd=1.0)
    worker = record("w1", session("web:1", details=own), session("web:2"), labels=(("model", "m"), ("team", "ops")))
    known = KnownWorker(report(1, worker).decode(), 0.0, 0.0)
    one, other = known.report.record.sessions
    assert details_of(one, known) == own._replace(labels=(("agent", "a"), ("model", "m"), ("team", "web")))
    assert details_of(other, known) == Details((("model", "m"), ("team", "ops")))


def test_a_session_without_details_has_none_of_its_own_to_keep() -> None:
    known = KnownWorker(report(1, record("w1", session("web:1"))).decode(), 0.0, 0.0)
    assert details_of(known.report.record.sessions[0], known) is NO_DETAILS


def test_a_lost_workers_session_waits_for_nobody_and_keeps_its_other_details() -> None:
    details = Details(parent="ci:7", waiting_for=WaitingFor.APPROVAL)
    waiting = session("web:1", "waiting_for_user", details=details)
    known = KnownWorker(report(1, record("w1", waiting)).decode(), 0.0, 0.0)
    assert details_of(waiting, known) == details
    known.is_lost = True
    assert details_of(waiting, known) == Details(parent="ci:7")
    only = session("web:1", "waiting_for_user", details=Details(waiting_for=WaitingFor.REPLY))
    assert details_of(only, known) is NO_DETAILS
