"""An open session in a terminal: all that is known of it, its family, and how it ended."""

import re

import pytest

from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.support.gateways.answering import answering
from tests.support.gateways.same_fleet import SameFleet
from tests.support.programs.live_view import DOWN, ENTER, ESCAPE, watch
from tests.unit.gateway.cli.terminal.snapshots import row

pytestmark = pytest.mark.slow


def test_enter_opens_a_session_whose_details_are_asked_for_only_then() -> None:
    told = SameFleet(*(row(f"web:{number:03}", title=f"Job {number:03}") for number in range(3)))
    with answering(told.answer) as url, watch(url) as terminal:
        terminal.wait_for("Job 000")
        assert not [path for path in told.asked if "fields" in path]
        terminal.press(DOWN + DOWN + ENTER)
        seen = terminal.wait_for("github.com  https://github.com/a")
        assert re.search(r"^Key +web:001", seen, re.MULTILINE)
        assert re.search(r"^Labels +team: core", seen, re.MULTILINE)
        assert re.search(r"^Host +box-7", seen, re.MULTILINE)
        wait_until(lambda: len(told.asked) >= 3, "the session and its children are asked for")
        streams = [path for path in told.asked if path.startswith(STREAM_PATH)]
        assert len(streams) == 2, "the list's and one more"
        assert streams[1].startswith(f"{STREAM_PATH}?events=changes,feed&session=web:001&fields=labels,")
        assert streams[1].endswith("&ended=900")
        others = {path for path in told.asked if path not in streams}
        assert others == {f"{STATUS_PATH}?parent=web:001&fields=parent&ended=900"}
        terminal.press(ESCAPE)
        terminal.wait_for("Job 002")
        wait_until(lambda: told.open_details == 0, "the stream of the details is closed")
        terminal.press(DOWN + ENTER)
        terminal.wait_for("web:002")
        wait_until(lambda: told.open_details == 1, "that of another session is open")
        told.is_over.set()


def test_an_open_session_is_live_and_says_when_it_is_gone(gateway: GatewayProcess, publisher: StatusPublisher) -> None:
    session = publisher.session("web:1", title="Fix auth bug", labels={"team": "core"})
    with watch(gateway.url) as terminal:
        terminal.wait_for("Fix auth bug")
        terminal.press(ENTER)
        terminal.wait_for("team: core")
        session.waiting_for_user("approval")
        terminal.wait_for("waiting for user: approval")
        session.end()
        terminal.wait_for("No session with this key is open any more.")
        assert "team: core" in terminal.screen


def test_an_open_session_shows_its_family_and_what_the_terminal_has_seen_of_it(
    gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.session("ci:1", title="Build")
    session = publisher.session("ci:2", title="Fix auth bug", parent="ci:1")
    with watch(gateway.url) as terminal:
        terminal.wait_for("Fix auth bug")
        terminal.press(DOWN + DOWN + ENTER)
        terminal.wait_for("ci:1 thinking (Build)")
        session.tool_running("bash")
        seen = terminal.wait_for("running bash, ")
        assert re.search(r"^\d\d:\d\d:\d\d to now +running bash, \d+s *$", seen, re.MULTILINE)
        assert re.search(r"^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d +thinking, \d+s *$", seen, re.MULTILINE)
        terminal.press(ESCAPE)
        terminal.wait_for("Build")
        terminal.press(b"g" + ENTER)
        terminal.wait_for("ci:2 running bash (Fix auth bug)")
        publisher.session("ci:3", parent="ci:1").waiting_for_user()
        terminal.wait_for("ci:3 waiting for user")


def test_an_open_session_lists_the_children_that_have_ended_and_how(
    gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    build = publisher.session("ci:1", title="Build")
    publisher.session("ci:2", title="Lint", parent="ci:1").end()
    tests = publisher.session("ci:3", title="Tests", parent="ci:1")
    publisher.session("ci:4", title="Of another")
    with watch(gateway.url, width=100) as terminal:
        terminal.wait_for("Build")
        terminal.press(b"g" + ENTER)
        seen = terminal.wait_for("Ended children")
        assert re.search(r"^Children +ci:3 thinking \(Tests\) *$", seen, re.MULTILINE)
        assert re.search(r"^Ended children +ci:2 ended \d+s ago: done \(Lint\) *$", seen, re.MULTILINE)
        tests.end("cancelled")
        seen = terminal.wait_for("ago: cancelled (Tests)")
        assert "ci:3 thinking" not in seen
        assert seen.index("ci:3 ended") < seen.index("ci:2 ended"), "the newest comes first"
        build.end()
        seen = terminal.wait_for("ago: done (Build)")
        assert "ci:2 ended" in seen


def test_a_gateway_that_knows_of_no_ends_tells_all_else_of_an_open_session() -> None:
    older = SameFleet(row("web:001", title="Job 001"), tells_ends=False)
    with answering(older.answer) as url:
        with watch(url) as terminal:
            terminal.wait_for("Job 001")
            terminal.press(ENTER)
            seen = terminal.wait_for("team: core")
            wait_until(lambda: "details:" not in terminal.screen, "nothing is called a problem")
            assert re.search(r"^Host +box-7", seen, re.MULTILINE)
        older.is_over.set()


def test_hostile_titles_do_not_act_in_the_details() -> None:
    hostile = row("web:001", title="\x1b]0;owned\x07\x1b[31m\u202eleaning", state="error", error_message="\x1b[2Jgone")
    fleet = SameFleet(hostile)
    with answering(fleet.answer) as url:
        with watch(url) as terminal:
            terminal.wait_for("leaning")
            terminal.press(ENTER)
            terminal.wait_for("[2Jgone")
            assert "\x1b]0" not in terminal.text
            assert "\x1b[2J" not in terminal.text
            assert "\u202e" not in terminal.text
        fleet.is_over.set()
