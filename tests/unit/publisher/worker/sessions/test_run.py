"""One session's run: states, tools, usage."""

from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.report import MAX_NUMBER, SessionRecord, SessionState
from agent_status_publisher.worker.sessions.run import MAX_OPEN_TOOLS, Run, copy_of, record_of

THINKING, TOOL, STREAMING = SessionState.THINKING, SessionState.TOOL_RUNNING, SessionState.STREAMING
WAITING, ERROR = SessionState.WAITING_FOR_USER, SessionState.ERROR


def run() -> Run:
    return Run("web:1", "A title", 0.0)


def record(r: Run, now: float) -> SessionRecord:
    """What a report that is drafted now says of the run."""
    return record_of(copy_of(r), now)


def shown(r: Run) -> tuple[SessionState, str | None]:
    return r.state, r.tool


def test_a_run_begins_by_thinking() -> None:
    assert shown(run()) == (THINKING, None)


def test_a_repeated_state_changes_nothing_and_keeps_the_moment_of_change() -> None:
    r = run()
    assert not r.say(THINKING, 5.0)
    assert record(r, 7.0).changed_ms == 7000


def test_another_tool_in_the_same_state_is_a_change() -> None:
    r = run()
    r.say(TOOL, 1.0, "bash")
    assert r.say(TOOL, 2.0, "grep")
    assert record(r, 5.0).changed_ms == 3000


def test_leaving_a_tool_shows_streaming() -> None:
    r = run()
    r.open_tool("bash", 1, 1.0)
    r.close_tool(1, 2.0)
    assert shown(r) == (STREAMING, None)


# run: Rule 3
def test_leaving_a_tool_shows_the_newest_one_that_is_still_open() -> None:
    r = run()
    for call, name in enumerate(("a", "b", "c")):
        r.open_tool(name, call, 1.0)
    r.close_tool(2, 2.0)
    assert shown(r) == (TOOL, "b")
    r.close_tool(0, 3.0)
    assert shown(r) == (TOOL, "b")
    r.close_tool(1, 4.0)
    assert shown(r) == (STREAMING, None)


def test_the_end_of_a_tool_that_never_began_is_nothing() -> None:
    r = run()
    assert not r.close_tool("unknown", 1.0)
    assert shown(r) == (THINKING, None)


# run: Rule 3
def test_a_tool_that_ends_after_the_run_failed_does_not_hide_the_error() -> None:
    r = run()
    r.open_tool("bash", 1, 1.0)
    r.fail("boom", 2.0, 30.0)
    r.close_tool(1, 3.0)
    assert shown(r) == (ERROR, None)


def test_waiting_inside_a_tool_ends_with_that_tool() -> None:
    r = run()
    r.open_tool("ask_user", 1, 1.0)
    r.say(WAITING, 2.0)
    r.close_tool(1, 3.0)
    assert shown(r) == (STREAMING, None)


def test_a_parallel_tool_that_ends_does_not_hide_that_another_waits_for_the_user() -> None:
    r = run()
    r.open_tool("search", 1, 1.0)
    r.open_tool("ask_user", 2, 1.0)
    r.say(WAITING, 2.0)
    r.close_tool(1, 3.0)
    assert shown(r) == (WAITING, None)


def test_tools_whose_end_never_comes_do_not_make_a_session_grow() -> None:
    r = run()
    for call in range(10 * MAX_OPEN_TOOLS):
        r.open_tool("bash", call, 1.0)
    assert len(r.open_tools) == MAX_OPEN_TOOLS


# run: Rule 1
def test_going_on_after_an_error_is_a_new_run_with_nothing_of_the_old_one() -> None:
    r = run()
    r.use(500, 100)
    r.open_tool("bash", 1, 1.0)
    r.fail("boom", 2.0, 30.0)
    r.say(THINKING, 5.0)
    said = record(r, 6.0)
    assert (said.run_ms, said.input_tokens, said.error, said.expires_ms) == (1000, 0, None, None)
    assert not r.open_tools


# run: Rule 1
def test_going_on_after_waiting_for_the_user_is_a_new_run() -> None:
    r = run()
    r.use(500, 100)
    r.say(WAITING, 2.0)
    r.say(THINKING, 5.0)
    said = record(r, 6.0)
    assert (said.run_ms, said.input_tokens) == (1000, 0)


def test_failing_while_waiting_is_the_same_run() -> None:
    r = run()
    r.say(WAITING, 2.0)
    r.fail("no answer came", 5.0, 30.0)
    assert record(r, 6.0).run_ms == 6000


# run: Rule 2
def test_a_total_smaller_than_before_came_late_and_is_ignored() -> None:
    r = run()
    assert r.use(500, 100)
    assert not r.use(400, None)
    assert r.use(None, 150)
    assert (r.input_tokens, r.output_tokens) == (500, 150)


def test_a_total_beyond_what_json_keeps_exactly_is_cut() -> None:
    r = run()
    r.use(2**70, 0)
    assert r.input_tokens == MAX_NUMBER


def test_an_error_expires_after_its_ttl_and_another_one_restarts_it() -> None:
    r = run()
    r.fail("first", 1.0, 30.0)
    r.fail("second", 11.0, 30.0)
    assert not r.has_expired(40.9)
    assert r.has_expired(41.0)
    assert record(r, 11.0).error == "second"


# run: Rule 4
def test_a_question_expires_after_its_ttl_and_asking_again_does_not_prolong_it() -> None:
    r = Run("web:1", None, 0.0, waiting_ttl=100.0)
    r.say(SessionState.WAITING_FOR_USER, 1.0)
    r.say(SessionState.WAITING_FOR_USER, 50.0)
    assert record(r, 51.0).expires_ms == 50_000
    assert not r.has_expired(100.9)
    assert r.has_expired(101.0)


# run: Rule 4
def test_an_answer_takes_the_limit_away_and_the_next_question_has_a_new_one() -> None:
    r = Run("web:1", None, 0.0, waiting_ttl=100.0)
    r.say(SessionState.WAITING_FOR_USER, 1.0)
    r.say(SessionState.THINKING, 2.0)
    assert record(r, 2.0).expires_ms is None
    r.say(SessionState.WAITING_FOR_USER, 60.0)
    assert record(r, 60.0).expires_ms == 100_000
    r.fail("boom", 70.0, 30.0)
    assert record(r, 70.0).expires_ms == 30_000
    r.say(SessionState.WAITING_FOR_USER, 71.0)
    assert record(r, 71.0).expires_ms == 100_000


def test_ages_and_remainders_are_never_negative() -> None:
    r = run()
    r.fail("boom", 5.0, 1.0)
    said = record(r, -3.0)
    assert (said.changed_ms, said.run_ms) == (0, 0)
    assert record(r, 100.0).expires_ms == 0


def test_details_are_set_part_by_part_and_none_of_them_are_the_same_as_no_details() -> None:
    r = run()
    assert r.describe(parent="ci:7", link="https://example.com")
    assert not r.describe(parent="ci:7")
    assert record(r, 1.0).details == Details(parent="ci:7", link="https://example.com")
    assert r.describe(parent=None, link=None)
    assert record(r, 1.0).details is None


def test_a_record_says_when_the_last_call_came_as_a_part_of_the_time_since_the_change() -> None:
    r = run()
    r.called_at = 2.5
    assert [(record(r, now).changed_ms, record(r, now).called_ms) for now in (3.0, 9.0)] == [(3000, 2500), (9000, 2500)]


def test_a_record_has_each_value_of_its_run_and_both_ages() -> None:
    r = Run("web:1", "A title", 1.0)
    r.open_tool("bash", 1, 3.0)
    r.use(500, 100)
    r.error, r.expires_at = "boom", 20.0
    assert record(r, 10.0) == SessionRecord(
        key="web:1",
        state=TOOL,
        changed_ms=7000,
        run_ms=9000,
        title="A title",
        tool="bash",
        error="boom",
        input_tokens=500,
        output_tokens=100,
        expires_ms=10_000,
    )
