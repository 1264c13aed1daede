"""What a worker's next word says."""

from collections.abc import Callable

import pytest

from agent_status_publisher.contract.report import MAX_SESSIONS, SessionState
from agent_status_publisher.settings import Settings
from agent_status_publisher.worker.sessions.outbox import Identity, Outbox
from agent_status_publisher.worker.sessions.run import Run
from tests.support.builders.clock import Clock


class Desk:
    """An outbox with its clock, and how often it asked to be looked at."""

    def __init__(self) -> None:
        self.clock = Clock(100.0)
        self.calls = 0
        self.outbox = Outbox(Identity(id="w1", host="h", pid=1), Settings(), self.clock, self._count)

    def _count(self) -> None:
        self.calls += 1

    def keys(self) -> list[str]:
        return [session.key for session in self.outbox.draft().record.sessions]

    def ended(self) -> dict[str, int]:
        return {run.key: run.run_ms for run in self.outbox.draft().record.ended}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_word_is_news_even_without_a_session(desk: Desk) -> None:
    assert desk.outbox.has_news
    assert desk.outbox.draft().record.sessions == ()


def test_a_word_says_who_the_worker_is_and_on_which_terms(desk: Desk) -> None:
    desk.clock.pass_(2.5)
    said = desk.outbox.draft().record
    assert (said.id, said.host, said.pid, said.uptime_ms) == ("w1", "h", 1, 2500)
    assert (said.lease_ms, said.heartbeat_ms, said.error_ttl_ms, said.max_concurrent) == (15000, 5000, 30000, 5)


def test_numbers_count_tries(desk: Desk) -> None:
    assert [desk.outbox.draft().seq for _ in range(3)] == [1, 2, 3]


def test_after_a_refusal_the_next_number_passes_the_stored_one(desk: Desk) -> None:
    desk.outbox.draft()
    desk.outbox.refused(41)
    assert desk.outbox.draft().seq == 42


def test_a_refusal_never_takes_the_number_back(desk: Desk) -> None:
    for _ in range(5):
        desk.outbox.draft()
    desk.outbox.refused(2)
    assert desk.outbox.draft().seq == 6


def test_only_the_first_change_after_a_word_wakes_the_thread(desk: Desk) -> None:
    desk.outbox.draft()
    for key in "abc":
        desk.outbox.open(key, None)
    assert desk.calls == 1


def test_ages_are_those_at_the_moment_of_the_report(desk: Desk) -> None:
    desk.outbox.open("web:1", "T")
    desk.clock.pass_(3.0)
    session = desk.outbox.draft().record.sessions[0]
    assert (session.key, session.title, session.changed_ms, session.run_ms) == ("web:1", "T", 3000, 3000)


def test_opening_an_open_key_changes_nothing(desk: Desk) -> None:
    first = desk.outbox.open("web:1", None)
    desk.outbox.draft()
    assert desk.outbox.open("web:1", None) is first
    assert not desk.outbox.has_news


def test_an_ended_key_is_reported_with_the_start_of_its_run(desk: Desk) -> None:
    desk.outbox.open("web:1", None)
    desk.clock.pass_(3.0)
    desk.outbox.end("web:1")
    desk.clock.pass_(4.0)
    assert desk.keys() == []
    assert desk.ended() == {"web:1": 7000}


def test_a_new_run_of_an_ended_key_is_open_and_not_ended(desk: Desk) -> None:
    desk.outbox.open("web:1", None)
    desk.outbox.end("web:1")
    desk.outbox.open("web:1", None)
    assert (desk.keys(), desk.ended()) == (["web:1"], {})


def test_an_error_is_reported_with_its_remaining_time_and_then_as_ended(desk: Desk) -> None:
    run = desk.outbox.open("web:1", None)
    assert run
    run.fail("boom", desk.clock(), 30.0)
    desk.clock.pass_(10.0)
    assert desk.outbox.draft().record.sessions[0].expires_ms == 20_000
    desk.clock.pass_(20.0)
    assert (desk.keys(), desk.ended()) == ([], {"web:1": 30_000})


def test_opening_a_key_in_error_begins_its_next_run(desk: Desk) -> None:
    run = desk.outbox.open("web:1", None)
    assert run
    run.fail("boom", desk.clock(), 30.0)
    desk.clock.pass_(5.0)
    desk.outbox.open("web:1", None)
    session = desk.outbox.draft().record.sessions[0]
    assert (session.state, session.error, session.run_ms) == (SessionState.THINKING, None, 0)


def test_a_goodbye_holds_only_the_sessions_in_error(desk: Desk) -> None:
    desk.outbox.open("web:1", None)
    failed = desk.outbox.open("web:2", None)
    assert failed
    failed.fail("boom", desk.clock(), 30.0)
    said = desk.outbox.draft(left=True).record
    assert said.left
    assert [session.key for session in said.sessions] == ["web:2"]
    assert [run.key for run in said.ended] == ["web:1"]


def test_a_change_during_a_word_is_news_after_it(desk: Desk) -> None:
    draft = desk.outbox.draft()
    desk.outbox.open("web:1", None)
    desk.outbox.confirmed(draft)
    assert desk.outbox.has_news
    assert desk.outbox.confirmed_change < desk.outbox.last_change


def test_a_late_confirmation_takes_nothing_back(desk: Desk) -> None:
    first = desk.outbox.draft()
    desk.outbox.open("web:1", None)
    second = desk.outbox.draft()
    desk.outbox.confirmed(second)
    desk.outbox.confirmed(first)
    assert desk.outbox.confirmed_change == desk.outbox.last_change


def test_a_worker_holds_a_bounded_number_of_sessions(desk: Desk) -> None:
    for number in range(MAX_SESSIONS):
        assert desk.outbox.open(f"web:{number}", None)
    assert desk.outbox.open("one:more", None) is None


def test_sessions_whose_error_has_expired_make_room(desk: Desk) -> None:
    for number in range(MAX_SESSIONS):
        run = desk.outbox.open(f"web:{number}", None)
        assert run
        run.fail("boom", desk.clock(), 30.0)
    desk.clock.pass_(31.0)
    assert desk.outbox.open("one:more", None)


def test_a_full_worker_ends_what_has_needed_a_person_for_longest_and_says_so(desk: Desk) -> None:
    for number in range(MAX_SESSIONS):
        desk.clock.pass_(0.001)
        run = desk.outbox.open(f"web:{number}", None)
        assert run
        if number == 500:
            desk.outbox.fail(run, "boom")
        elif number > 500:
            desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    assert not desk.outbox.has_evicted
    for expected in ("web:500", "web:501"):
        assert desk.outbox.open(f"after {expected}", None)
        assert list(desk.ended())[-1] == expected, "so that no replica shows it again"
        assert desk.outbox.has_evicted
    assert len(desk.keys()) == MAX_SESSIONS


def test_an_unanswered_question_ends_after_its_limit(desk: Desk) -> None:
    run = desk.outbox.open("web:1", None)
    assert run
    desk.outbox.say(run, SessionState.WAITING_FOR_USER)
    assert desk.outbox.draft().record.sessions[0].expires_ms == 3 * 24 * 3600 * 1000
    desk.clock.pass_(3 * 24 * 3600)
    assert desk.keys() == []
    assert "web:1" in desk.ended()


def opened(desk: Desk) -> Run:
    """A run whose opening has been written."""
    run = desk.outbox.open("web:1", None)
    assert run is not None
    run.open_tool("bash", "open", desk.clock())
    desk.outbox.draft()
    desk.calls = 0
    return run


VERBS: dict[str, Callable[[Outbox, Run], None]] = {
    "say": lambda outbox, run: outbox.say(run, SessionState.STREAMING),
    "fail": lambda outbox, run: outbox.fail(run, "boom"),
    "start_tool": lambda outbox, run: outbox.start_tool(run, "read", "another"),
    "end_tool": lambda outbox, run: outbox.end_tool(run, "open"),
    "use": lambda outbox, run: outbox.use(run, 1, None),
    "rename": lambda outbox, run: outbox.rename(run, "a title"),
    "describe": lambda outbox, run: outbox.describe(run, parent="ci:7"),
    "spend": lambda outbox, run: outbox.spend(run, 1.24),
    "end": lambda outbox, run: outbox.end(run.key),
}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_notes_its_change_and_wakes_the_thread_once(desk: Desk, verb: str) -> None:
    run = opened(desk)
    VERBS[verb](desk.outbox, run)
    assert desk.outbox.has_news
    assert desk.calls == 1


NOTHING: dict[str, Callable[[Outbox, Run], None]] = {
    "say": lambda outbox, run: outbox.say(run, run.state, run.tool),
    "end_tool": lambda outbox, run: outbox.end_tool(run, "never begun"),
    "use": lambda outbox, run: outbox.use(run, 0, None),
    "rename": lambda outbox, run: outbox.rename(run, run.title),
    "describe": lambda outbox, run: outbox.describe(run, parent=None),
    "end": lambda outbox, _: outbox.end("web:2"),
}


@pytest.mark.parametrize("verb", NOTHING)
def test_a_verb_that_changes_nothing_sends_nothing(desk: Desk, verb: str) -> None:
    run = opened(desk)
    NOTHING[verb](desk.outbox, run)
    assert not desk.outbox.has_news
    assert desk.calls == 0


# It counts, though nothing else has changed, so that a dashboard can tell a session that is quiet.
@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"end"}))
def test_each_verb_says_when_the_last_call_came(desk: Desk, verb: str) -> None:
    run = opened(desk)
    desk.clock.pass_(3.0)
    {**VERBS, **{name: NOTHING[name] for name in NOTHING if name in VERBS}}[verb](desk.outbox, run)
    desk.clock.pass_(5.0)
    session = desk.outbox.draft().record.sessions[0]
    assert session.changed_ms - session.called_ms == 5000


@pytest.mark.parametrize("title", [None, "T"])
def test_opening_a_session_again_is_not_a_call_that_shows_that_its_agent_works(desk: Desk, title: str | None) -> None:
    desk.outbox.open("web:1", title)
    desk.clock.pass_(3.0)
    desk.outbox.open("web:1", title)
    assert desk.outbox.draft().record.sessions[0].called_ms == 0
