"""The commands in a terminal: what a person sees there all day."""

import re
import signal
import sys

import pytest

from agent_status_publisher import Session, StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.ports import free_port
from chaos.wait import wait_until
from tests.support.programs.pseudo_terminal import COLOUR, ENTER_SCREEN, HOME, LEAVE_SCREEN, PseudoTerminal

CTRL_C = b"\x03"
CTRL_Z = b"\x1a"
COMMAND = (sys.executable, "-m", "agent_status_gateway")


def watch(gateway: GatewayProcess, *options: str, **terminal: object) -> PseudoTerminal:
    return PseudoTerminal(*COMMAND, "watch", "--url", gateway.url, *options, **terminal)  # type: ignore[arg-type]


def test_the_snapshot_is_live_ticks_between_events_and_fits_any_size(gateway: GatewayProcess, session: Session) -> None:
    with watch(gateway) as terminal:
        seen = terminal.wait_for("Fix auth bug")
        assert seen.splitlines()[0].rstrip().startswith("active  1 of 5 sessions · up ")
        assert f"connected to {gateway.url}" in seen
        assert "thinking" in seen
        lasted = re.search(r"thinking\s+(\d+)s", seen)
        assert lasted is not None
        terminal.wait_for(f"{int(lasted[1]) + 1}s")  # nothing has happened since

        session.tool_running("bash")
        terminal.wait_for("running bash")

        terminal.resize(40, 10)
        wait_until(lambda: max(map(len, terminal.screen.splitlines())) == 40, "it is drawn again")
        narrow = terminal.wait_for("  running bash ·")
        assert len(narrow.splitlines()) <= 10

        terminal.press(CTRL_C)
        assert terminal.ended() == 130
        assert terminal.text.count(ENTER_SCREEN) == 1
        assert terminal.text.endswith(LEAVE_SCREEN)
        assert "Traceback" not in terminal.text


def test_sigterm_gives_the_terminal_back_and_hostile_texts_never_had_it(
    gateway: GatewayProcess, publisher: StatusPublisher
) -> None:
    hostile = publisher.session("web:hostile", title="\x1b]0;owned\x07\x1b[31m\u202eleaning")
    hostile.waiting_for_user()  # so that it is shown first
    for number in range(999):
        publisher.session(f"bulk:{number:03}", title=f"Job {number} " + "with many words " * (number % 7))
    with watch(gateway, width=40, height=24) as terminal:
        wait_until(lambda: "1000 sessions" in terminal.screen.replace("\n", " "), "all sessions are counted")
        seen = terminal.wait_for(" more: ")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 143
        assert terminal.text.endswith(LEAVE_SCREEN)
    lines = seen.splitlines()
    assert len(lines) <= 24
    assert all(len(line) <= 40 for line in lines)
    assert "leaning" in seen
    assert re.search(r"… and 9\d\d more: 9\d\d thinking", " ".join(line.strip() for line in lines))
    assert set(re.findall(r"\x1b(?:\[\??[\d;]*[A-Za-z])?", COLOUR.sub("", terminal.text))) <= {
        HOME,
        ENTER_SCREEN,
        *("\x1b[?1049l", "\x1b[?25h", "\x1b[?25l"),
        *("\x1b[?7l", "\x1b[?7h"),
    }


@pytest.mark.usefixtures("session")
def test_typed_keys_do_not_show_and_ctrl_z_gives_the_terminal_back_for_a_while(gateway: GatewayProcess) -> None:
    with watch(gateway) as terminal:
        terminal.wait_for("Fix auth bug")
        terminal.press(b"typed in vain" + CTRL_Z)
        wait_until(lambda: terminal.text.endswith(LEAVE_SCREEN), "the terminal is given back")
        wait_until(terminal.is_stopped, "the program has stopped")
        terminal.process.send_signal(signal.SIGCONT)
        wait_until(lambda: terminal.text.count(ENTER_SCREEN) == 2, "it is taken again")
        terminal.wait_for("Fix auth bug")
        assert "typed" not in terminal.text
        terminal.press(CTRL_C)
        assert terminal.ended() == 130


@pytest.mark.usefixtures("session")
def test_without_colour_the_text_alone_says_it_all(gateway: GatewayProcess) -> None:
    with watch(gateway, environment={"NO_COLOR": "1"}) as terminal:
        seen = terminal.wait_for("Fix auth bug")
        assert "thinking" in seen
        assert "active" in seen
        assert not re.search(r"\x1b\[[\d;]*3\d[;m]", terminal.text), "bold and dim are no colours"


@pytest.mark.usefixtures("session")
def test_a_terminal_without_a_cursor_gets_lines(gateway: GatewayProcess) -> None:
    with watch(gateway, environment={"TERM": "dumb"}) as terminal:
        wait_until(lambda: "websocket:abc123 thinking (Fix auth bug)\n" in terminal.text, "a line tells of the session")
        terminal.press(CTRL_C)
        assert terminal.ended() == 130
        assert "\x1b" not in terminal.text


@pytest.mark.slow
@pytest.mark.usefixtures("session")
def test_a_forced_colour_puts_no_cursor_into_a_pipe(gateway: GatewayProcess) -> None:
    shell = f"{sys.executable} -m agent_status_gateway watch --url {gateway.url} | cat"
    with PseudoTerminal("sh", "-c", shell, environment={"FORCE_COLOR": "1"}) as terminal:
        wait_until(lambda: "websocket:abc123 thinking" in terminal.text, "a line tells of the session")
        assert "\x1b" not in terminal.text


@pytest.mark.slow
def test_a_gateway_that_is_not_there_is_waited_for_with_a_countdown() -> None:
    with PseudoTerminal(*COMMAND, "watch", "--url", "http://127.0.0.1:1") as terminal:
        seen = terminal.wait_for("reconnecting in 1 s: no gateway answers at http://127.0.0.1:1: ")
        assert "active" not in seen
        assert terminal.process.poll() is None


@pytest.mark.slow
def test_the_demo_shows_the_same_view_below_its_addresses() -> None:
    port = free_port()
    with PseudoTerminal(*COMMAND, "demo", "--port", str(port)) as terminal:
        wait_until(lambda: "of 12 sessions" in terminal.text, "sessions are shown", 40)
        assert terminal.text.startswith(f"Dashboard  http://localhost:{port}\n")
        assert f"connected to http://localhost:{port}" in COLOUR.sub("", terminal.text)
        assert ENTER_SCREEN not in terminal.text
        terminal.press(CTRL_C)
        assert terminal.ended(20) == 0
        assert terminal.text.endswith("Stopping the workers and closing the streams.\n")


@pytest.mark.slow
def test_the_demo_ends_whole_when_nobody_reads_its_lines() -> None:
    script = f"{' '.join(COMMAND)} demo --port {free_port()} | head -11; echo status ${{PIPESTATUS[0]}}"
    with PseudoTerminal("bash", "-c", script) as terminal:
        wait_until(lambda: "status 0" in terminal.text, "the demo has ended", 60)
        assert "Traceback" not in terminal.text
