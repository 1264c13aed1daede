"""Keys in a terminal: a person moves through the fleet, and always gets the terminal back as it was."""

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.support.gateways.answering import answering
from tests.support.gateways.same_fleet import SameFleet
from tests.support.programs.commands import COMMAND
from tests.support.programs.live_view import CTRL_C, CTRL_Z, END, ENTER, ESCAPE, PAGE_DOWN, watch
from tests.support.programs.pseudo_terminal import ENTER_SCREEN, LEAVE_SCREEN, PseudoTerminal
from tests.unit.gateway.cli.terminal.snapshots import row

pytestmark = pytest.mark.slow


@pytest.fixture
def fleet() -> Iterator[tuple[SameFleet, str]]:
    """A fleet of 100 sessions, and its address."""
    fleet = SameFleet(*(row(f"web:{number:03}", title=f"Job {number:03}") for number in range(100)))
    with answering(fleet.answer) as url:
        yield fleet, url
        fleet.is_over.set()


def test_rows_past_the_screen_are_reachable_and_q_quits(fleet: tuple[SameFleet, str]) -> None:
    with watch(fleet[1]) as terminal:
        before = terminal.modes
        terminal.wait_for("Job 000")
        assert "Job 099" not in terminal.screen
        terminal.press(PAGE_DOWN)
        terminal.wait_for(" above: ")
        terminal.press(END)
        terminal.wait_for("Job 099")
        terminal.press(b"q")
        assert terminal.ended() == 0
        assert terminal.text.endswith(LEAVE_SCREEN)
        assert terminal.modes == before


def test_a_filter_of_several_words_is_typed_and_escape_clears_it(fleet: tuple[SameFleet, str]) -> None:
    with watch(fleet[1]) as terminal:
        terminal.wait_for("Job 000")
        terminal.press(b"/job 04")
        terminal.wait_for("filter: job 04: 11 of 100 sessions")
        terminal.press(b"2" + ENTER)
        seen = terminal.wait_for("filter: job 042: 1 of 100 sessions")
        assert "Job 042" in seen
        terminal.press(ESCAPE)
        wait_until(lambda: "filter" not in terminal.screen, "the filter is cleared")
        terminal.wait_for("Job 000")
        assert terminal.process.poll() is None


def test_s_changes_the_order(gateway: GatewayProcess, publisher: StatusPublisher) -> None:
    publisher.session("web:1", title="Zebra")
    publisher.session("web:2", title="Ant")
    with watch(gateway.url) as terminal:
        wait_until(lambda: re.search("Zebra.*\n.*Ant", terminal.screen), "they are in the order of their keys")
        terminal.press(b"sss")
        seen = terminal.wait_for("order: name")
        assert re.search("Ant.*\n.*Zebra", seen)


def test_a_title_that_a_terminal_draws_too_wide_does_not_wrap_or_shift_its_line() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"
    told = SameFleet(row("web:1", title=family * 30))
    with answering(told.answer) as url, watch(url) as terminal:
        terminal.wait_for("thinking")
        assert terminal.text.index("\x1b[?7l") < terminal.text.index("thinking"), "lines are cut, not wrapped"
        assert re.search(r"\x1b\[2K(?:\x1b\[\d*m)*" + family, terminal.text), "what stood there is erased"
        assert re.search(family + r"(?:\x1b\[\d*m)*\x1b\[\d+G +", terminal.text), "the next column is in its place"
        told.is_over.set()


def test_keys_are_shown_on_request(fleet: tuple[SameFleet, str]) -> None:
    with watch(fleet[1], width=100) as terminal:
        terminal.wait_for("Job 000")
        assert "quit" not in terminal.screen
        terminal.press(b"?")
        terminal.wait_for("move by a screen")
        terminal.press(ESCAPE)
        terminal.wait_for("Job 000")
    with watch(fleet[1], "--keys", width=100) as terminal:
        terminal.wait_for("q quit · ↑ ↓ move · / filter · s sort · Enter open · Esc back · ? all keys")
        terminal.resize(100, 10)
        wait_until(lambda: len(terminal.screen.splitlines()) == 10, "it is drawn again")
        terminal.wait_for("q quit")


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)],
)
def test_each_signal_gives_the_terminal_back_as_it_was(
    fleet: tuple[SameFleet, str], number: signal.Signals, status: int
) -> None:
    with watch(fleet[1]) as terminal:
        before = terminal.modes
        terminal.wait_for("Job 000")
        assert terminal.modes != before
        terminal.press(b"/job")
        terminal.wait_for("filter: job: 100 of 100")
        terminal.process.send_signal(number)
        assert terminal.ended() == status
        assert terminal.modes == before
        assert terminal.text.endswith(LEAVE_SCREEN)


def test_a_gateway_that_refuses_from_now_on_gives_the_terminal_back_before_the_sentence(
    fleet: tuple[SameFleet, str],
) -> None:
    told, url = fleet
    with watch(url) as terminal:
        before = terminal.modes
        terminal.wait_for("Job 000")
        told.refuses.set()
        assert terminal.ended(30) == 2
        assert terminal.modes == before
        assert f"{LEAVE_SCREEN}agent-status-gateway: {url} requires a key: " in terminal.text


def test_while_it_is_stopped_the_terminal_is_the_shells_and_afterwards_keys_work_again(
    fleet: tuple[SameFleet, str],
) -> None:
    with watch(fleet[1]) as terminal:
        before = terminal.modes
        terminal.wait_for("Job 000")
        ours = terminal.modes
        terminal.press(CTRL_Z)
        wait_until(terminal.is_stopped, "the program has stopped")
        assert terminal.modes == before
        wait_until(lambda: terminal.text.endswith(LEAVE_SCREEN), "the terminal is given back")
        terminal.process.send_signal(signal.SIGCONT)
        wait_until(lambda: terminal.text.count(ENTER_SCREEN) == 2, "it is taken again")
        assert terminal.modes == ours
        terminal.press(END)
        terminal.wait_for("Job 099")
        terminal.press(b"q")
        assert terminal.ended() == 0
        assert terminal.modes == before


@pytest.mark.parametrize(("prefix", "status"), [("", 129), ("trap '' HUP; ", 0)], ids=["SIGHUP", "SIGHUP is ignored"])
def test_a_window_that_is_closed_ends_it_without_a_traceback(
    fleet: tuple[SameFleet, str], tmp_path: Path, prefix: str, status: int
) -> None:
    errors = tmp_path / "errors"
    script = f"{prefix}exec {' '.join(COMMAND)} watch --url {fleet[1]} 2>{errors}"
    with PseudoTerminal("sh", "-c", script) as terminal:
        terminal.wait_for("Job 000")
        terminal.hang_up()
        assert terminal.ended() == status
    assert errors.read_text() == ""


WITHOUT_MODES = "import sys; sys.modules['termios'] = None; from agent_status_gateway.cli.commands import cli; cli()"


@pytest.mark.parametrize(
    "program", ['-m agent_status_gateway watch "$1" </dev/null', f'-c "{WITHOUT_MODES}" watch "$1"']
)
def test_without_keys_the_snapshot_is_shown_all_the_same(fleet: tuple[SameFleet, str], program: str) -> None:
    script = f"exec {sys.executable} {program}"
    with PseudoTerminal("sh", "-c", script, "sh", f"--url={fleet[1]}") as terminal:
        before = terminal.modes
        terminal.wait_for("Job 000")
        assert terminal.modes == before
        terminal.press(b"q")
        terminal.press(CTRL_C)
        assert terminal.ended() == 130


def test_what_is_typed_in_a_hurry_is_all_heard(fleet: tuple[SameFleet, str]) -> None:
    with watch(fleet[1]) as terminal:
        terminal.wait_for("Job 000")
        terminal.press(b"/042" + ENTER + ENTER)
        terminal.wait_for("web:042")
        terminal.press(b"q")
        assert terminal.ended() == 0
