"""Keys in a terminal: a person moves through the fleet, and always gets the terminal back as it was."""

import re
import signal
import sys
import threading
from collections.abc import Iterator

import orjson
import pytest

from agent_status_gateway.state.fold.schema import SessionStatus
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import GatewayProcess
from chaos.wait import wait_until
from tests.support.gateways.answering import Request, answering
from tests.support.programs.pseudo_terminal import ENTER_SCREEN, LEAVE_SCREEN, PseudoTerminal
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot

COMMAND = (sys.executable, "-m", "agent_status_gateway")
DOWN, PAGE_DOWN, END, ENTER, ESCAPE = b"\x1b[B", b"\x1b[6~", b"\x1b[F", b"\r", b"\x1b"
CTRL_C, CTRL_Z = b"\x03", b"\x1a"
LIVE = 'event: feed\ndata: {"state":"live","since_seconds":1.5}\n\n'


class Fleet:
    """A gateway with the same sessions for ever. It keeps what it was asked for."""

    def __init__(self, *rows: SessionStatus) -> None:
        self.rows = rows
        self.asked: list[str] = []
        self.refuses = threading.Event()
        self.is_over = threading.Event()
        self._open = 0
        self._lock = threading.Lock()

    @property
    def open_details(self) -> int:
        """Streams of one session that are open."""
        return self._open

    def answer(self, request: Request) -> None:
        self.asked.append(request.path)
        if self.refuses.is_set():
            request.send_response(403)
            request.end_headers()
            return
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        of = re.search(r"session=web:(\d+)", request.path)
        rows = [one for one in self.rows if not of or one["session_id"] == of[1]]
        more = {"labels": {"team": "core"}, "link": "https://github.com/a", "host": "box-7"} if of else {}
        told = snapshot(*({**one, **more} for one in rows))  # type: ignore[arg-type]
        event = f"event: status\ndata: {orjson.dumps(told).decode()}\nid: 1\n\n{LIVE}"
        with self._lock:
            self._open += bool(of)
        try:
            request.wfile.write(event.encode())
            while not (self.is_over.wait(0.1) or self.refuses.is_set()):
                request.wfile.write(b": keepalive\n")
        except OSError:  # the reader has closed it
            pass
        with self._lock:
            self._open -= bool(of)


@pytest.fixture
def fleet() -> Iterator[tuple[Fleet, str]]:
    """A fleet of 100 sessions, and its address."""
    fleet = Fleet(*(row(f"web:{number:03}", title=f"Job {number:03}") for number in range(100)))
    with answering(fleet.answer) as url:
        yield fleet, url
        fleet.is_over.set()


def watch(url: str, *options: str, **terminal: object) -> PseudoTerminal:
    return PseudoTerminal(*COMMAND, "watch", "--url", url, *options, **terminal)  # type: ignore[arg-type]


def test_rows_past_the_screen_are_reachable_and_q_quits(fleet: tuple[Fleet, str]) -> None:
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


def test_a_filter_of_several_words_is_typed_and_escape_clears_it(fleet: tuple[Fleet, str]) -> None:
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


def test_enter_opens_a_session_whose_details_are_asked_for_only_then(fleet: tuple[Fleet, str]) -> None:
    told, url = fleet
    with watch(url) as terminal:
        terminal.wait_for("Job 000")
        assert not [path for path in told.asked if "fields" in path]
        terminal.press(DOWN + DOWN + ENTER)
        seen = terminal.wait_for("github.com  https://github.com/a")
        assert re.search(r"^Key +web:001", seen, re.MULTILINE)
        assert re.search(r"^Labels +team: core", seen, re.MULTILINE)
        assert re.search(r"^Host +box-7", seen, re.MULTILINE)
        stream = "/api/v1/agent/status/stream?events=changes,feed"
        wait_until(lambda: len(told.asked) == 3, "the session and its children are asked for")
        assert [path.partition(",parent")[0] for path in sorted(told.asked[1:])] == [
            f"{stream}&parent=web:001&fields=parent",
            f"{stream}&session=web:001&fields=labels",
        ]
        terminal.press(ESCAPE)
        terminal.wait_for("Job 002")
        wait_until(lambda: told.open_details == 0, "the stream of the details is closed")
        terminal.press(DOWN + ENTER)
        terminal.wait_for("web:002")
        wait_until(lambda: told.open_details == 1, "that of another session is open")


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


def test_keys_are_shown_on_request(fleet: tuple[Fleet, str]) -> None:
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
    fleet: tuple[Fleet, str], number: signal.Signals, status: int
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
    fleet: tuple[Fleet, str],
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
    fleet: tuple[Fleet, str],
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


WITHOUT_MODES = "import sys; sys.modules['termios'] = None; from agent_status_gateway.cli.commands import cli; cli()"


@pytest.mark.parametrize(
    "program", ['-m agent_status_gateway watch "$1" </dev/null', f'-c "{WITHOUT_MODES}" watch "$1"']
)
def test_without_keys_the_snapshot_is_shown_all_the_same(fleet: tuple[Fleet, str], program: str) -> None:
    script = f"exec {sys.executable} {program}"
    with PseudoTerminal("sh", "-c", script, "sh", f"--url={fleet[1]}") as terminal:
        before = terminal.modes
        terminal.wait_for("Job 000")
        assert terminal.modes == before
        terminal.press(b"q")
        terminal.press(CTRL_C)
        assert terminal.ended() == 130


def test_what_is_typed_in_a_hurry_is_all_heard(fleet: tuple[Fleet, str]) -> None:
    with watch(fleet[1]) as terminal:
        terminal.wait_for("Job 000")
        terminal.press(b"/042" + ENTER + ENTER)
        terminal.wait_for("web:042")
        terminal.press(b"q")
        assert terminal.ended() == 0


def test_hostile_titles_do_not_act_in_the_details() -> None:
    hostile = row("web:001", title="\x1b]0;owned\x07\x1b[31m\u202eleaning", state="error", error_message="\x1b[2Jgone")
    fleet = Fleet(hostile)
    with answering(fleet.answer) as url:
        with watch(url) as terminal:
            terminal.wait_for("leaning")
            terminal.press(ENTER)
            terminal.wait_for("[2Jgone")
            assert "\x1b]0" not in terminal.text
            assert "\x1b[2J" not in terminal.text
            assert "\u202e" not in terminal.text
        fleet.is_over.set()
