"""What a framework's runs mean for sessions."""

import asyncio
import contextvars

import pytest

from agent_status_publisher.integrations import runs as runs_module
from agent_status_publisher.integrations import status_key
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher


def open_keys(publisher: RecordingPublisher) -> set[str]:
    return set(publisher.sessions)


# runs: Rule 1
def test_the_outermost_run_opens_and_ends_a_session(publisher: RecordingPublisher, runs: Runs) -> None:
    assert runs.begin("r", session_id="1", title="Fix auth bug")
    assert publisher.sessions["web:1"].title == "Fix auth bug"
    runs.end("r")
    assert publisher.states("web:1") == ["thinking", None]


# runs: Rule 2
def test_a_run_inside_another_changes_its_state_and_neither_opens_nor_ends_a_session(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("outer", session_id="1")
    assert not runs.begin("inner", parent="outer", session_id="2")
    assert not runs.begin("innermost", parent="inner")
    session = runs.session("innermost")
    assert session is not None
    session.streaming()
    runs.end("innermost", ValueError("only inside"))
    runs.end("inner")
    assert open_keys(publisher) == {"web:1"}
    assert publisher.states("web:1") == ["thinking", "streaming"]


# runs: Rule 1
@pytest.mark.parametrize(("error", "message"), [(ValueError("boom"), "boom"), ("server_error", "server_error")])
def test_an_outermost_run_that_raises_is_an_error(
    publisher: RecordingPublisher, runs: Runs, error: object, message: str
) -> None:
    runs.begin("r", session_id="1")
    runs.end("r", error)
    assert publisher.sessions["web:1"].error_message == message


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), SystemExit(1)])
def test_one_that_is_cancelled_is_an_end(publisher: RecordingPublisher, runs: Runs, error: BaseException) -> None:
    runs.begin("r", session_id="1")
    runs.ask("r")
    runs.end("r", error)
    assert publisher.states("web:1")[-1] is None
    assert publisher.changes[-1].outcome == "cancelled"


@pytest.mark.parametrize("error", [None, SystemExit(0)])
def test_one_that_ends_well_is_done(publisher: RecordingPublisher, runs: Runs, error: BaseException | None) -> None:
    runs.begin("r", session_id="1")
    runs.end("r", error)
    assert publisher.changes[-1].outcome == "done"


def test_a_question_says_why_it_is_asked_until_the_run_goes_on(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.ask("r", "question")
    session = runs.session("r")
    assert session is not None
    session.streaming()
    runs.end("r")
    runs.begin("next", session_id="1")
    runs.end("next", asks=True, reason="approval")
    reasons = [change.waiting_for for change in publisher.changes]
    assert reasons == [None, "question", None, "question", None, "approval"]


def test_one_that_ends_asking_for_a_human_waits_and_goes_on_with_the_next_run(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.end("r", asks=True)
    assert publisher.states("web:1") == ["thinking", "waiting_for_user"]
    runs.begin("resumed", session_id="1")
    runs.end("resumed")
    assert publisher.states("web:1") == ["thinking", "waiting_for_user", "thinking", None]


def test_it_waits_in_the_end_whatever_went_on_after_the_question(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.begin("branch", parent="r")
    runs.ask("branch")
    runs.end("branch")
    other = runs.session("r")
    assert other is not None
    other.streaming()
    runs.end("r")
    assert publisher.states("web:1") == ["thinking", "waiting_for_user", "streaming", "waiting_for_user"]


def test_a_question_that_is_answered_inside_the_outermost_run_keeps_nothing_open(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.begin("asking", parent="r")
    runs.ask("asking")
    runs.end("asking")
    runs.begin("resumed", parent="r")
    runs.answered("resumed")
    runs.end("resumed")
    runs.end("r")
    assert publisher.states("web:1") == ["thinking", "waiting_for_user", "thinking", None]


# runs: Rule 3
def test_outermost_runs_of_one_key_are_one_session_and_the_last_to_leave_ends_it(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("a", session_id="1")
    runs.begin("b", session_id="1")
    runs.end("a")
    assert open_keys(publisher) == {"web:1"}
    assert publisher.sessions["web:1"].state == "thinking"
    runs.end("b")
    assert open_keys(publisher) == set()


# runs: Rule 4
def test_what_comes_late_reopens_nothing(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r")
    runs.end("r")
    assert runs.session("inner") is None
    assert runs.session("r") is None
    runs.ask("inner")
    runs.end("inner")
    runs.end("never seen")
    assert publisher.states("web:1") == ["thinking", None]


def test_a_run_that_another_bridge_sees_in_the_same_context_is_the_same_session(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    other = Runs(publisher, "otel")

    def agent() -> None:
        other.begin("span", session_id="trace")
        runs.begin("r", session_id="1")
        runs.ask("r")
        runs.end("r", asks=True)
        other.end("span")

    contextvars.copy_context().run(agent)
    assert open_keys(publisher) == {"otel:trace"}
    assert publisher.states("otel:trace") == ["thinking", "waiting_for_user"]


# runs: Rule 5
@pytest.mark.parametrize("first", ["the one that defers", "the other"])
def test_of_two_bridges_that_count_the_same_tokens_the_one_that_defers_is_silent(
    publisher: RecordingPublisher, runs: Runs, first: str
) -> None:
    other = Runs(publisher, "otel", defers=True)
    in_order = [other, runs] if first == "the one that defers" else [runs, other]

    def agent() -> None:
        for bridge in in_order:
            bridge.begin("r", session_id="1")
        for bridge in in_order:
            bridge.add_usage("r", input=500, output=100)
        (shown,) = publisher.sessions.values()
        assert (shown.input_tokens, shown.output_tokens) == (500, 100)
        for bridge in reversed(in_order):
            bridge.end("r")
            bridge.add_usage("r", input=500, output=100)

    contextvars.copy_context().run(agent)


def test_alone_the_one_that_defers_counts(publisher: RecordingPublisher) -> None:
    other = Runs(publisher, "otel", defers=True)
    other.begin("r", session_id="1")
    other.add_usage("r", input=500, output=100)
    assert publisher.sessions["otel:1"].input_tokens == 500


def test_a_bridge_knows_whether_it_is_inside_of_what_another_sees(publisher: RecordingPublisher, runs: Runs) -> None:
    other = Runs(publisher, "otel")

    def agent() -> None:
        runs.begin("r", session_id="1")
        assert other.is_inside
        assert not runs.is_inside
        runs.end("r")
        assert not other.is_inside

    contextvars.copy_context().run(agent)


def test_runs_of_one_bridge_in_one_context_are_inside_each_other_only_where_the_framework_does_not_say(
    publisher: RecordingPublisher,
) -> None:
    def two_agents(runs: Runs) -> set[str]:
        runs.begin("a", session_id="a")
        runs.begin("b", session_id="b")
        keys = open_keys(publisher)
        runs.end("b")
        runs.end("a")
        return keys

    context = contextvars.copy_context()
    assert context.copy().run(two_agents, Runs(publisher, "web")) == {"web:a", "web:b"}
    assert context.copy().run(two_agents, Runs(publisher, "web", joins_own=True)) == {"web:a"}


def test_a_context_in_which_a_run_has_ended_is_free_again(publisher: RecordingPublisher, runs: Runs) -> None:
    other = Runs(publisher, "otel")

    def agent() -> None:
        other.begin("span", session_id="trace")
        other.end("span")
        runs.begin("r", session_id="1")

    contextvars.copy_context().run(agent)
    assert open_keys(publisher) == {"web:1"}


def test_agents_of_two_publishers_are_two_sessions(publisher: RecordingPublisher, runs: Runs) -> None:
    def agent(elsewhere: RecordingPublisher) -> None:
        Runs(elsewhere, "otel").begin("span", session_id="trace")
        runs.begin("r", session_id="1")

    with RecordingPublisher() as elsewhere:
        contextvars.copy_context().run(agent, elsewhere)
        assert open_keys(elsewhere) == {"otel:trace"}
        assert open_keys(publisher) == {"web:1"}


def test_inside_a_session_of_the_agents_own_no_run_opens_or_ends_one(publisher: RecordingPublisher) -> None:
    with publisher.session("chat:42") as session:
        runs = Runs(publisher, "web", session=session)
        assert not runs.begin("r", session_id="1")
        runs.ask("r")
        runs.end("r", asks=True)
        assert publisher.states("chat:42") == ["thinking", "waiting_for_user"]
    assert open_keys(publisher) == set()


def test_a_name_that_the_agents_code_gives_wins_over_the_frameworks_id(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with status_key("chat:42"):
        runs.begin("r", session_id="1")
    runs.begin("s", session_id="slack:7")
    assert open_keys(publisher) == {"chat:42", "web:slack:7"}


def test_after_the_agents_own_end_of_a_session_a_run_of_that_key_opens_it_again(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    with publisher.session("web:1"):
        runs.begin("its end is never told", session_id="1")
    runs.begin("r", session_id="1")
    runs.end("its end is never told")
    runs.begin("s", session_id="1")
    runs.end("r")
    assert open_keys(publisher) == {"web:1"}
    runs.end("s")
    assert publisher.states("web:1") == ["thinking", None, "thinking", None]


def test_runs_that_never_end_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "MAX_RUNS", 2)
    with RecordingPublisher() as publisher:
        runs = Runs(publisher, "web")
        for run in range(5):
            runs.begin(run)
        assert open_keys(publisher) == {"web:0", "web:1"}
        assert ["2 others have not ended yet" in str(error) for error in publisher.errors] == [True]


def test_inner_runs_that_never_end_are_forgotten_with_the_outermost(
    publisher: RecordingPublisher, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "MAX_RUNS", 10)
    for number in range(20):
        runs.begin(f"outer-{number}", session_id=str(number))
        runs.begin(f"inner-{number}", parent=f"outer-{number}")
        runs.end(f"outer-{number}")
    assert publisher.states("web:19") == ["thinking", None]
