"""The numbers that runs bring to their sessions: progress and costs."""

from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import RecordingPublisher


# runs: Rule 9
def test_an_outermost_run_shows_its_progress_and_an_inner_one_does_not(
    publisher: RecordingPublisher, runs: Runs
) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r")
    runs.progress("r", done=1, of=3)
    runs.progress("inner", done=5, of=7)
    runs.progress("unknown", done=5, of=7)
    assert publisher.sessions["web:1"].progress == (1, 3)


# runs: Rule 9
def test_a_block_of_the_agents_own_code_shows_its_own_progress(publisher: RecordingPublisher, runs: Runs) -> None:
    with publisher.session("web:1") as session:
        session.progress(done=1, of=7)
        runs.begin("r", session_id="1")
        runs.progress("r", done=2, of=2)
        assert publisher.sessions["web:1"].progress == (1, 7)


# runs: Rule 5
def test_costs_are_added_up_where_the_framework_says_them(publisher: RecordingPublisher, runs: Runs) -> None:
    runs.begin("r", session_id="1")
    runs.begin("inner", parent="r")
    runs.add_usage("r", input=10, output=1)
    assert publisher.sessions["web:1"].cost_usd is None
    runs.add_usage("r", input=10, output=1, usd=0.25)
    runs.add_usage("inner", input=10, output=1, usd=0.5)
    assert publisher.sessions["web:1"].cost_usd == 0.75
