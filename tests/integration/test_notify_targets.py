"""Each kind of target, and each way in which one fails: one notifier tells all of them at once, from a real gateway."""

import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from standardwebhooks import Webhook

from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import CLOSES, DRIPS, HANGS, NEVER_ENDS, Answer, Receiver, Request
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.notifier_process import NotifierProcess
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.programs.notifier_metrics import notifier_metric, tries

TAKEN: Final[Answer] = (200, {})
SECRET: Final = "whsec_" + "c2VjcmV0" * 4
NOBODY: Final = "http://127.0.0.1:1"
PROGRAM: Final = f"""#!{sys.executable}
import pathlib, sys, time
folder, status = pathlib.Path(__file__).parent, sys.argv[1]
with (folder / "told").open("ab") as file:
    file.write(sys.stdin.buffer.read() + b"\\n")
is_first = not (folder / "again").exists()
(folder / "again").touch()
if is_first:
    time.sleep(1000) if status == "hangs" else sys.exit(int(status))
"""
"""A target that writes down what it reads, and fails the first time only."""


@dataclass(frozen=True)
class Case:
    """What a target does, and what must come of it.

    Attributes:
        tries: Tries by outcome.
        answers: What it answers, in order; the last one for all that comes after.
        says: A part of the notifier's log on it.
        kind: The kind of target.
        pause: Seconds that must be between two tries, at least.
        status: The exit status of the first run of a command.
        is_slow: True if it takes the ten seconds of a try.
    """

    tries: dict[str, int]
    answers: tuple[Answer, ...] = (TAKEN,)
    says: str = ""
    kind: str = "webhook"
    pause: float = 0.0
    status: str = "0"
    is_slow: bool = False


TOLD: Final = {"told": 1}
REFUSED: Final = {"refused": 1}
TWICE: Final = {"failed": 1, "told": 1}
LATE: Final = "127.0.0.1 did not answer within 10 s; again in 1 s"
CASES: Final = {
    "webhook": Case(TOLD),
    "slack": Case(TOLD, kind="slack"),
    "ntfy": Case(TOLD, kind="ntfy"),
    "command": Case(TOLD, kind="command"),
    "command-later": Case(TWICE, kind="command", status="75", says="ended with status 75; again in 1 s"),
    "command-refuses": Case(REFUSED, kind="command", status="1", says="ended with status 1: the message is not told"),
    "command-hangs": Case(TWICE, kind="command", status="hangs", says="did not end within 10 s; again", is_slow=True),
    "endless": Case(TOLD, (NEVER_ENDS,)),
    "refuses": Case(REFUSED, ((404, {}),), "127.0.0.1 answered 404: the message is not told"),
    "redirects": Case(REFUSED, ((307, {"Location": "/elsewhere"}),), "127.0.0.1 answered 307: the message is not told"),
    "fails": Case({"failed": 2, "told": 1}, ((500, {}), (502, {}), TAKEN), "127.0.0.1 answered 502; again in 2 s"),
    "busy": Case(TWICE, ((503, {"Retry-After": "3"}), TAKEN), "answered 503; again in 3 s", pause=3.0),
    "limits": Case(TWICE, ((429, {"Retry-After": "2"}), TAKEN), "answered 429; again in 2 s", pause=2.0),
    "slack-fails": Case(TWICE, ((503, {}), TAKEN), "answered 503; again in 1 s", "slack"),
    "ntfy-refuses": Case(REFUSED, ((403, {}),), "answered 403: the message is not told", "ntfy"),
    "closes": Case(TWICE, (CLOSES, TAKEN), "127.0.0.1 cannot be reached (RemoteProtocolError); again in 1 s"),
    "hangs": Case(TWICE, (HANGS, TAKEN), LATE, is_slow=True),
    "drips": Case(TWICE, (DRIPS, TAKEN), LATE, is_slow=True),
    "moves": Case(TWICE, says="127.0.0.1 cannot be reached (ConnectError); again in 1 s"),
    "locked": Case(TWICE, says="secret_file: "),
}
EACH: Final = [pytest.param(name, marks=pytest.mark.slow if case.is_slow else ()) for name, case in CASES.items()]


class Told:
    """A notifier that has something to tell all of these targets."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._moments: dict[str, list[float]] = {name: [] for name in CASES}
        self.port = free_port()
        redis = RedisServer()
        stack.callback(redis.close)
        self.receiver = stack.enter_context(Receiver(self._answer))
        gateway = stack.enter_context(GatewayProcess(redis.url, debounce_seconds=0.05)).ready()
        publisher = stack.enter_context(StatusPublisher(redis.url))
        rule = f'[[rule]]\nwhen = {{ state = "waiting_for_user" }}\nto = {json.dumps(list(CASES))}\ngroup_seconds = 0\n'
        head = 'page_url = "https://status.example.org/"\n'
        rules = head + rule + "".join(self._target(name, case) for name, case in CASES.items())
        started = NotifierProcess(folder, rules, gateway.url, "--metrics-port", str(self.port))
        self.notifier = stack.enter_context(started).ready()
        (folder / "locked-secret").unlink()  # a secret that goes away later is a failure, and not the end
        publisher.session("web:1").waiting_for_user("approval")
        self._fail_then_mend("moves", "url", f"{self.receiver.url}/moves")
        self._fail_then_mend("locked", "secret", SECRET)

    def _fail_then_mend(self, name: str, field: str, text: str) -> None:
        wait_until(lambda: f"target {name}: {CASES[name].says}" in self.notifier.log, f"{name} fails")
        (self._folder / f"{name}-{field}").write_text(text)

    def _target(self, name: str, case: Case) -> str:
        folder = self._folder / name
        folder.mkdir()
        if case.kind == "command":
            program = folder / "program"
            program.write_text(PROGRAM)
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            return f"[target.{name}]\nkind = 'command'\ncommand = {json.dumps([os.fspath(program), case.status])}\n"
        topic = "/topic" if case.kind == "ntfy" else ""
        files = {"url": f"{NOBODY if name == 'moves' else self.receiver.url}/{name}{topic}"}
        files |= {"secret": SECRET} if case.kind == "webhook" else {}
        files |= {"token": "tk_secret"} if case.kind == "ntfy" else {}
        for field, text in files.items():
            (self._folder / f"{name}-{field}").write_text(text)
        fields = (f"{field}_file = {json.dumps(os.fspath(self._folder / f'{name}-{field}'))}\n" for field in files)
        return f"[target.{name}]\nkind = '{case.kind}'\n{''.join(fields)}"

    def _answer(self, request: Request) -> Answer:
        name = request.path.split("/")[1]
        moments = self._moments[name]
        moments.append(time.monotonic())
        answers = CASES[name].answers
        return answers[min(len(moments), len(answers)) - 1]

    def requests(self, name: str) -> list[Request]:
        """The requests that came to a target, in their order."""
        return [request for request in self.receiver.requests if request.path.split("/")[1] == name]

    def pauses(self, name: str) -> list[float]:
        """The seconds between its requests."""
        return [later - earlier for earlier, later in pairwise(self._moments[name])]

    def read(self, name: str) -> list[Any]:
        """What a command has read, in its order."""
        return [json.loads(line) for line in (self._folder / name / "told").read_bytes().splitlines()]

    def said(self, name: str) -> list[str]:
        """The lines of the log on a target."""
        return [line for line in self.notifier.log.splitlines() if f"target {name}: " in line]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """All targets were offered the same thing."""
    with ExitStack() as stack:
        yield Told(tmp_path_factory.mktemp("told"), stack)


@pytest.mark.parametrize("name", EACH)
def test_each_try_is_counted_by_what_became_of_it_and_said_if_it_failed(told: Told, name: str) -> None:
    case = CASES[name]
    wait_until(lambda: tries(told.port, name) == case.tries, f"{name} is counted: {tries(told.port, name)}", 40.0)
    unsuccessful = sum(case.tries.values()) - case.tries.get("told", 0)
    wait_until(lambda: len(told.said(name)) == unsuccessful, f"each of {unsuccessful} failures is said")
    assert not case.says or case.says in told.said(name)[-1]
    assert notifier_metric(told.port, "waiting", target=name) == 0
    assert "Traceback" not in told.notifier.log


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.kind != "command" and not case.is_slow])
def test_a_target_is_asked_as_often_as_it_failed_and_each_time_under_the_same_id(told: Told, name: str) -> None:
    case = CASES[name]
    asked = sum(case.tries.values()) - (name in {"moves", "locked"})  # their first try reached nobody
    wait_until(lambda: len(told.requests(name)) == asked, f"{name} is asked {asked} times", 30.0)
    assert len({request.headers.get("webhook-id") for request in told.requests(name)}) == 1
    assert all(pause >= max(case.pause, 1.0) for pause in told.pauses(name))


def test_a_webhook_gets_what_its_library_takes(told: Told) -> None:
    (request,) = wait_until(lambda: told.requests("webhook"), "it is told")
    assert Webhook(SECRET).verify(request.body.decode(), request.headers)
    data = json.loads(request.body)["data"]
    assert data["id"] == request.headers["webhook-id"]
    assert [(fact["state"], fact["session_key"]) for fact in data["sessions"]] == [("waiting_for_user", "web:1")]


def test_slack_gets_a_text_that_leads_to_the_session(told: Told) -> None:
    (request,) = wait_until(lambda: told.requests("slack"), "it is told")
    body = json.loads(request.body)
    assert body["text"].startswith("web:1 waits for a user (approval)")
    assert body["text"].endswith("<https://status.example.org/?open=web%3A1|Open the page>")


def test_ntfy_gets_its_topic_and_its_token(told: Told) -> None:
    (request,) = wait_until(lambda: told.requests("ntfy"), "it is told")
    body = json.loads(request.body)
    assert (request.path, body["topic"], body["click"]) == (
        "/ntfy/",
        "topic",
        "https://status.example.org/?open=web%3A1",
    )
    assert request.headers["authorization"] == "Bearer tk_secret"


@pytest.mark.parametrize("name", ["command", "command-later"])
def test_a_command_reads_what_a_webhook_gets_each_time_under_the_same_id(told: Told, name: str) -> None:
    wait_until(lambda: tries(told.port, name) == CASES[name].tries, "it is told", 20.0)
    read = told.read(name)
    assert [message["type"] for message in read] == ["agent_status.attention"] * sum(CASES[name].tries.values())
    assert len({message["data"]["id"] for message in read}) == 1
    assert read[0]["data"]["sessions"][0]["session_key"] == "web:1"


def test_no_redirect_is_followed(told: Told) -> None:
    wait_until(lambda: tries(told.port, "redirects"), "it is refused")
    assert told.requests("elsewhere") == []


def test_what_fails_is_said_without_any_address_or_secret(told: Told) -> None:
    wait_until(lambda: tries(told.port, "busy") == TWICE, "what fails was said", 20.0)
    assert told.receiver.url not in told.notifier.log
    assert "whsec_" not in told.notifier.log
    assert "tk_secret" not in told.notifier.log
