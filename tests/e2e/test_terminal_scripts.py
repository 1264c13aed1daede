"""The commands in scripts: lines, JSON, waiting, and exit statuses."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from agent_status_gateway.cli.terminal.goal import STATES
from agent_status_publisher import Session, StatusPublisher
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_process import GatewayProcess, clean_environment
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.e2e.conftest import KEY, SESSION_KEY
from tests.support.documents import doc_page
from tests.support.programs.commands import COMMAND, run, running


@pytest.mark.usefixtures("session")
def test_into_a_pipe_goes_a_line_per_change_flushed_and_filtered(
    gateway: GatewayProcess, publisher: StatusPublisher, tmp_path: Path
) -> None:
    with running(tmp_path, "watch", "--url", gateway.url, "--filter", "ABC") as watch:
        watch.wait_for(f"{SESSION_KEY} thinking (Fix auth bug)")
        assert watch.lines[0].startswith("fleet active (1 of 5 sessions · up ")
        with publisher.session("slack:1"), publisher.session(SESSION_KEY).tool("bash"):
            watch.wait_for(f"{SESSION_KEY} running bash (Fix auth bug)")
        publisher.session(SESSION_KEY).end()
        watch.wait_for(f"{SESSION_KEY} ended (Fix auth bug)")
        watch.wait_for("fleet idle")
        assert not [line for line in watch.lines if "slack" in line]
        watch.process.send_signal(signal.SIGINT)
        assert watch.ended() == 130
        assert watch.errors == ""


def test_watch_and_wait_live_through_the_death_of_a_gateway(
    real_redis: RedisServer, publisher: StatusPublisher, tmp_path: Path
) -> None:
    (tmp_path / "wait").mkdir()
    session = publisher.session("web:1")
    with GatewayProcess(real_redis.url, debounce_seconds=0.1) as first:
        port, url = first.port, first.ready().url
        with (
            running(tmp_path / "wait", "wait", "--url", url, "--state", "streaming") as wait,
            running(tmp_path, "watch", "--url", url) as watch,
        ):
            watch.wait_for("web:1 thinking")
            first.stop(signal.SIGKILL)
            watch.wait_for("gateway reconnecting")
            wait_until(lambda: "reconnecting" in wait.errors, "wait says so on stderr")
            with GatewayProcess(real_redis.url, port=port, debounce_seconds=0.1) as second:
                watch.wait_for("gateway live")
                session.streaming()
                watch.wait_for("web:1 streaming")
                assert wait.ended() == 0
                assert wait.lines == ["web:1 streaming"]
                assert second.stop() == -signal.SIGTERM
    assert watch.lines.count("web:1 thinking") == 1, "what has not changed is not printed again"


def test_a_snapshot_without_redis_is_called_stale_and_does_not_end_wait(own_redis: RedisServer, tmp_path: Path) -> None:
    (tmp_path / "wait").mkdir()
    with (
        StatusPublisher(own_redis.url, max_concurrent=5) as publisher,
        GatewayProcess(own_redis.url, debounce_seconds=0.1) as gateway,
        running(tmp_path, "watch", "--json", "--url", gateway.ready().url) as watch,
    ):
        publisher.session("web:1")
        watch.wait_for('"web:1"')
        own_redis.kill()
        wait_until(lambda: "gateway stale: the gateway lost Redis " in watch.errors, "watch says so on stderr")
        shown = run("show", "--url", gateway.url)
        assert shown.exit_code == 0
        assert shown.stderr.startswith("agent-status-gateway: stale: the gateway lost Redis ")
        assert "\nstale: the gateway lost Redis " in shown.stdout
        with running(tmp_path / "wait", "wait", "--url", gateway.url, "--state", "thinking") as wait:
            wait_until(lambda: "gateway stale" in wait.errors, "wait says so on stderr")
            assert wait.process.poll() is None
            own_redis.start()
            assert wait.ended(30) == 0
            assert wait.lines == ["web:1 thinking"]
        wait_until(lambda: "gateway live" in watch.errors, "watch says so on stderr")
        assert all(json.loads(line)["global"] for line in watch.lines), "nothing but snapshots is on stdout"


@pytest.mark.usefixtures("session")
def test_wait_ends_when_it_is_so_and_with_124_when_it_is_not_in_time(gateway: GatewayProcess, tmp_path: Path) -> None:
    (tmp_path / "late").mkdir()
    options = ("--url", gateway.url, "--state", "idle", "--session", SESSION_KEY)
    with (
        running(tmp_path / "late", "wait", *options, "--timeout", "0.5") as late,
        running(tmp_path, "wait", *options, "--state", "thinking") as wait,
    ):
        assert wait.ended() == 0
        assert wait.lines == [f"{SESSION_KEY} thinking (Fix auth bug)"]
        assert wait.errors == ""
        assert late.ended() == 124
        assert late.errors == f"agent-status-gateway: timed out after 0.5 s waiting until {SESSION_KEY} is idle\n"
        assert late.lines == []


@pytest.mark.parametrize("command", [("watch",), ("wait", "--state", "idle"), ("show",)])
def test_a_wrong_key_ends_every_command_with_2_and_a_clear_line(
    keyed_gateway: GatewayProcess, command: tuple[str, ...], tmp_path: Path
) -> None:
    refused = run(*command, "--url", keyed_gateway.url, api_key="guessed")
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"agent-status-gateway: {keyed_gateway.url} refused the key: set AGENT_STATUS_API_KEY or use --key-file\n"
    )
    assert refused.stdout == ""
    if command == ("watch",):
        key_file = tmp_path / "key"
        key_file.write_text(f"{KEY}\n")
        with running(tmp_path, "watch", "--url", keyed_gateway.url, "--key-file", str(key_file)) as watch:
            watch.wait_for("fleet idle")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("watch", "--url", "{url}/docs"), "/docs answered 404: "),
        (("watch", "--url", "{url}/?key=secret"), "--url must not have a query or fragment"),
        (("watch", "--url", "ftp://somewhere"), "--url must be an address such as http://localhost:8000"),
        (("wait", "--state", "busy"), "--state: 'busy' is not a state; expected one of idle, active, "),
        (("wait", "--state", "idle", "--timeout", "-1"), "--timeout must be greater than 0"),
        (("watch", "--view", "chanel=web"), "--view: 'chanel' is not a field; expected 'channel', 'state', "),
        (("show", "--view", "state=busy"), "--view: `state` must be 'thinking', 'tool_running', "),
        (("wait", "--state", "idle", "--view", ""), "--view must not be empty; for example --view 'channel=web"),
        (("watch", "--view", "stalled=0"), "--view: `stalled` must be a whole number of seconds, 1 to 86400"),
        (("show", "--view", "ended=1h"), "--view: `ended` must be a whole number of seconds, 1 to 3600"),
        (("wait", "--state", "idle", "--view", "stalled=300"), "--view: `stalled` means nothing here: only `show` and"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_clear_line(
    gateway: GatewayProcess, arguments: tuple[str, ...], said: str
) -> None:
    ended = run(*(argument.format(url=gateway.url) for argument in arguments))
    assert ended.exit_code == 2
    assert ended.stderr.startswith("agent-status-gateway: ")
    assert len(ended.stderr.splitlines()) == 1
    assert said in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.usefixtures("session")
def test_a_reader_that_has_seen_enough_ends_it_quietly_though_nothing_more_happens(gateway: GatewayProcess) -> None:
    script = f"{' '.join(COMMAND)} watch --url {gateway.url} | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", script], env=clean_environment({}), capture_output=True, text=True, timeout=30, check=False
    )
    first, status = ended.stdout.splitlines()
    assert "active" in first
    assert status == "0"
    assert ended.stderr == ""


@pytest.mark.slow
def test_a_full_gateway_is_waited_for(real_redis: RedisServer, tmp_path: Path) -> None:
    with (
        GatewayProcess(real_redis.url, max_clients=1) as gateway,
        Dashboard(gateway.ready().url) as dashboard,
        running(tmp_path, "watch", "--url", gateway.url) as watch,
    ):
        dashboard.wait_for_first()
        watch.wait_for("the gateway accepts no streams now")
        dashboard.close()
        watch.wait_for("fleet idle")


def test_a_view_is_all_that_watch_and_wait_know_of(
    gateway: GatewayProcess, publisher: StatusPublisher, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "wait").mkdir()
    (tmp_path / "late").mkdir()
    other = publisher.session("slack:1")
    view = ("--url", gateway.url, "--view", "channel=websocket&state=thinking")
    with (
        running(tmp_path, "watch", *view) as watch,
        running(tmp_path / "wait", "wait", *view, "--state", "idle", "--timeout", "30") as wait,
    ):
        watch.wait_for(f"{SESSION_KEY} thinking (Fix auth bug)")
        other.streaming()
        session.tool_running("bash")
        watch.wait_for(f"{SESSION_KEY} left the view (Fix auth bug)")
        watch.wait_for("fleet idle (0 of 5 sessions")
        assert wait.ended() == 0
        assert wait.lines[0].startswith("fleet idle (0 of 5 sessions")
        assert not [line for line in watch.lines if "slack" in line]
    with running(tmp_path / "late", "wait", *view, "--state", "thinking", "--timeout", "0.5") as late:
        assert late.ended() == 124
        assert late.errors == (
            "agent-status-gateway: timed out after 0.5 s waiting until a session is thinking "
            "in the view channel=websocket&state=thinking\n"
        )


def test_filter_picks_among_the_sessions_of_the_view(
    gateway: GatewayProcess, publisher: StatusPublisher, session: Session
) -> None:
    publisher.session("slack:1"), publisher.session("slack:2", title="Fix auth docs")
    wait_until(lambda: len(gateway.snapshot()["sessions"]) == 3, "all are open")
    options = ("--url", gateway.url, "--view", "channel=slack", "--filter", "Fix auth")
    shown = json.loads(run("show", "--json", *options).stdout)
    assert [row["session_key"] for row in shown["sessions"]] == ["slack:2"]
    assert shown["global"]["active_sessions"] == 2, "the figures are the view's"
    text = run("show", *options).stdout
    assert f"connected to {gateway.url}, view channel=slack" in text
    assert "filter: Fix auth: 1 of 2 sessions" in text
    assert session.key not in text


def test_show_tells_programs_and_people_the_same(gateway: GatewayProcess, session: Session) -> None:
    session.usage(input=12000, output=345)
    wait_until(lambda: gateway.snapshot()["sessions"][0]["token_usage"], "the tokens are known")
    shown = json.loads(run("show", "--json", "--url", gateway.url).stdout)
    assert [row["session_key"] for row in shown["sessions"]] == [SESSION_KEY]
    assert re.search(r"Fix auth bug +websocket +thinking +\d+s +12.3k\n", run("show", "--url", gateway.url).stdout)
    some = run("show", "--json", "--url", gateway.url, "--filter", "elsewhere")
    assert json.loads(some.stdout)["sessions"] == []


def test_the_commands_page_names_every_option_and_every_state_that_is_waited_for() -> None:
    documented = doc_page("reference/commands.md").partition("## In the terminal")[2].partition("\n## ")[0]
    options = {
        option
        for name in ("watch", "show", "workers", "wait", "link", "doctor")
        for option in re.findall(r"^  (--[a-z-]+)", run(name, "--help").stdout, re.MULTILINE)
    }
    assert options - {"--help"} == set(re.findall(r"(?<=[ `])--[a-z][a-z-]+", documented))
    assert all(f"`{state}`" in documented for state in STATES)
    assert set(re.findall(r"--state ([a-z_]+)", doc_page("how-to/scripting.md"))) <= set(STATES)
    for status in ("0", "2", "124", "130", "143"):
        assert re.search(rf"\b{status}\b", documented)


def test_the_commands_page_names_every_option_of_ingest_and_the_demo() -> None:
    documented = doc_page("reference/commands.md").partition("## Run")[2].partition("\n## ")[0]
    for name in ("ingest", "demo"):
        options = set(re.findall(r"^  (--[a-z-]+)", run(name, "--help").stdout, re.MULTILINE)) - {"--help"}
        assert {option for option in options if f"`{option}`" not in documented} == set()
