"""What a gateway tells on request: which sessions are stalled, and which have ended. The commands show it."""

import json
import re
from pathlib import Path

import pytest

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.support.programs.commands import COMMAND, run, running
from tests.support.programs.pseudo_terminal import PseudoTerminal

pytestmark = pytest.mark.slow


def test_show_says_which_sessions_are_stalled(gateway: GatewayProcess, publisher: StatusPublisher) -> None:
    publisher.session("web:1", title="Fix auth bug")
    publisher.session("web:2", title="Ask").waiting_for_user()
    view = "session=web:1&session=web:2&stalled=1"

    def rows() -> list[bool]:
        shown = json.loads(run("show", "--json", "--url", gateway.url, "--view", view).stdout)
        return [row["stalled"] for row in shown["sessions"]]

    wait_until(lambda: rows() == [True, False], "one is stalled, and the other waits")
    text = run("show", "--url", gateway.url, "--view", view).stdout
    assert re.search(r"Fix auth bug +web +stalled: thinking ", text)
    assert re.search(r"Ask +web +waiting for user ", text)
    assert "stalled: 1 of 2 sessions" in text


def test_watch_says_when_a_session_stalls_and_works_again(
    gateway: GatewayProcess, publisher: StatusPublisher, tmp_path: Path
) -> None:
    session = publisher.session("web:1", title="Fix auth bug")
    with running(tmp_path, "watch", "--url", gateway.url, "--view", "session=web:1&stalled=2") as watch:
        watch.wait_for("web:1 stalled: thinking (Fix auth bug)")
        session.streaming()
        watch.wait_for("web:1 streaming (Fix auth bug)")


def test_show_says_which_sessions_have_ended_when_and_how(gateway: GatewayProcess, publisher: StatusPublisher) -> None:
    publisher.session("told:1", title="Fix auth bug").end("cancelled")
    view = ("--url", gateway.url, "--view", "channel=told&ended=900")

    def ends() -> list[str]:
        shown = json.loads(run("show", "--json", *view).stdout)
        return [end["outcome"] for end in shown["ended"] if end["session_key"] == "told:1"]

    wait_until(lambda: ends() == ["cancelled"], "its end is told")
    text = run("show", *view).stdout
    assert re.search(r"no open sessions\n\nended: 1 session\ntold:1 ended \d+s ago: cancelled \(Fix auth bug\)\n", text)
    assert run("show", *view, "--filter", "elsewhere").stdout.endswith("ended: no sessions\n")


def test_watch_says_how_a_session_has_ended(
    gateway: GatewayProcess, publisher: StatusPublisher, tmp_path: Path
) -> None:
    (tmp_path / "json").mkdir()
    session = publisher.session("told:2", title="Fix auth bug")
    view = ("--url", gateway.url, "--view", "session=told:2&ended=900")
    with (
        running(tmp_path, "watch", *view) as watch,
        running(tmp_path / "json", "watch", "--json", *view) as in_json,
    ):
        watch.wait_for("told:2 thinking (Fix auth bug)")
        in_json.wait_for('"told:2"')
        session.end("cancelled")
        watch.wait_for("ago: cancelled (Fix auth bug)")
        ended = [line for line in watch.lines if line.startswith("told:2 ended")]
        assert len(ended) == 1, "it has one line, not one more for being gone"
        in_json.wait_for('"outcome":"cancelled"')


def test_on_a_terminal_stalled_sessions_are_marked_and_ends_stand_below_the_list(
    gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    publisher.session("live:1", title="Fix auth bug")
    ending = publisher.session("live:2", title="Build")
    view = "channel=live&stalled=1&ended=900"
    with PseudoTerminal(*COMMAND, "watch", "--url", gateway.url, "--view", view) as terminal:
        terminal.wait_for("stalled: 2 of 2 sessions")
        assert re.search(r"Fix auth bug +live +stalled: thinking ", terminal.screen)
        assert "ended: no sessions" in terminal.screen
        ending.end("cancelled")
        seen = terminal.wait_for("ended: 1 session")
        assert re.search(r"^live:2 ended \d+s ago: cancelled \(Build\) *$", seen, re.MULTILINE)
        terminal.press(b"/build")
        terminal.wait_for("filter: build: 0 of 1 sessions")
        assert "live:2 ended" in terminal.screen
