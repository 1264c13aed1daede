"""The targets of a rule file: what each sends, and what is said of one that cannot be used."""

import base64
import html
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.rules.rule_file import parse_rule_file
from agent_status_gateway.cli.notify.targets import command
from agent_status_gateway.cli.notify.targets.ntfy import ntfy_body
from agent_status_gateway.cli.notify.targets.sent import Failed, Refused, Sent, Target, TargetError, Told
from agent_status_gateway.cli.notify.targets.slack import slack_body
from agent_status_gateway.cli.notify.targets.targets import make_targets
from agent_status_publisher.contract.setting_names import API_KEY, OLD_API_KEY
from chaos.clients.receiver import Receiver
from chaos.wait import wait_until

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
RULE = '[[rule]]\nwhen = { state = "error" }\nto = ["it"]\n[target.it]\n'
MESSAGE = Message(
    id="msg_1",
    target="it",
    title="2 sessions are in error",
    lines=("web:<1> is in error for 5s", "web:2 is in error for 6s"),
    url="https://status.example.org/",
    facts=(),
    total=2,
)


class Files:
    """Files with secrets, named as a rule file names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def written(self, text: str | bytes, name: str = "secret") -> str:
        path = self._folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return json.dumps(str(path))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def made(fields: str) -> Target:
    return make_targets(parse_rule_file(RULE + fields).targets)["it"]


def tell(target: Target, message: Message = MESSAGE) -> Sent:
    return target.tell(message, time.time())


def webhook(files: Files, url: str, secret: str = SECRET) -> str:
    return f'kind = "webhook"\nurl_file = {files.written(url, "url")}\nsecret_file = {files.written(secret)}'


def test_a_webhook_is_signed_as_standard_webhooks_are(files: Files) -> None:
    with Receiver() as receiver:
        assert tell(made(webhook(files, f"{receiver.url}/hook\n"))) == Told()
        (request,) = receiver.requests
    body: Any = Webhook(SECRET).verify(request.body, request.headers)
    assert request.headers["webhook-id"] == body["data"]["id"] == "msg_1"
    assert (body["type"], body["data"]["count"]) == ("agent_status.attention", 2)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(request.body + b" ", request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"t" * 32).decode()).verify(request.body, request.headers)


def test_slack_gets_a_text_in_which_no_name_is_a_link(files: Files) -> None:
    """The fields and the three escapes are those of Slack's page on formatting text for app surfaces."""
    with Receiver() as receiver:
        assert tell(made(f'kind = "slack"\nurl_file = {files.written(receiver.url + "/services/T/B/x")}')) == Told()
        (request,) = receiver.requests
    assert request.path == "/services/T/B/x"
    assert json.loads(request.body) == {
        "text": "2 sessions are in error\nweb:&lt;1&gt; is in error for 5s\nweb:2 is in error for 6s\n"
        "<https://status.example.org/|Open the page>",
        "unfurl_links": False,
        "unfurl_media": False,
    }


@pytest.mark.parametrize(
    "text", ["@channel", "ops@here", "https://evil.example/", "HTTP://x", "www.evil.example", "<!channel>"]
)
def test_a_name_in_slack_calls_nobody_and_is_no_link(text: str) -> None:
    """Slack makes links of addresses, and Mattermost mentions of `@channel`, also where the three escapes are made."""
    sent = json.loads(slack_body(MESSAGE._replace(lines=(f"web:{text} has ended",), url=None)))["text"]
    assert text not in sent
    assert sent.replace("\u2060", "").endswith(f"web:{html.escape(text)} has ended")


@pytest.mark.parametrize("character", ['"', "\\", "😀"])
def test_ntfy_gets_a_body_that_it_takes_whatever_is_in_a_title(character: str) -> None:
    """ntfy refuses a body of more than 8,192 bytes, and a refusal would be lost with all that the message tells."""
    page = f"https://status.example.org/{'p' * 200}/"
    several = MESSAGE._replace(lines=(character * 800,) * 10, url=page)
    alone = MESSAGE._replace(title=character * 800, lines=(), url=f"{page}?open={'%22' * 512}")
    for message in (several, alone):
        body = ntfy_body(message, "t" * 64)
        assert len(body) <= 8192
        sent = json.loads(body)
        assert sent["click"] == message.url
        assert set(sent["message"]) <= {character, "\n"}


def test_ntfy_gets_its_topic_and_a_tap_opens_the_page(files: Files) -> None:
    """The fields are those of ntfy's page on publishing as JSON. The topic is one of them."""
    with Receiver() as receiver:
        url, token = files.written(f"{receiver.url}/push/my-topic", "url"), files.written("tk_secret")
        assert tell(made(f'kind = "ntfy"\nurl_file = {url}\ntoken_file = {token}')) == Told()
        (request,) = receiver.requests
    assert (request.path, request.headers["authorization"]) == ("/push/", "Bearer tk_secret")
    assert json.loads(request.body) == {
        "topic": "my-topic",
        "title": "2 sessions are in error",
        "message": "web:<1> is in error for 5s\nweb:2 is in error for 6s",
        "click": "https://status.example.org/",
    }


def test_ntfy_gets_no_more_text_than_it_shows(files: Files) -> None:
    with Receiver() as receiver:
        target = made(f'kind = "ntfy"\nurl_file = {files.written(f"{receiver.url}/topic")}')
        assert tell(target, MESSAGE._replace(lines=("ü" * 5000,), url=None)) == Told()
        (request,) = receiver.requests
    sent = json.loads(request.body)
    assert len(sent["message"].encode()) <= 4096
    assert "click" not in sent


def script(files: Files, text: str) -> Target:
    path = json.loads(files.written(f"#!/bin/sh\n{text}\n", "program"))
    os.chmod(path, 0o755)  # noqa: PTH101 - a program must be one
    return made(f'kind = "command"\ncommand = [{json.dumps(path)}, "$HOME; ls"]')


def test_a_command_reads_json_and_no_shell_reads_its_arguments(files: Files, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert tell(script(files, f'printf "%s\\n" "$1" > {out}; cat >> {out}')) == Told()
    argument, _, text = out.read_text().partition("\n")
    assert argument == "$HOME; ls"
    assert json.loads(text)["data"]["title"] == "2 sessions are in error"


def test_a_command_has_the_environment_without_our_settings(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # command: Rule 1
    secrets = ("AGENT_STATUS_REDIS_URL", "REDIS_URL", API_KEY, OLD_API_KEY)
    for name in (*secrets, "agent_status_redis_url", "AGENT_STATUS_URL"):
        monkeypatch.setenv(name, "SECRET")
    monkeypatch.setenv("DISPLAY", ":7")
    out = tmp_path / "out"
    assert tell(script(files, f"env > {out}")) == Told()
    lines = out.read_text().splitlines()
    assert {"DISPLAY=:7", f"PATH={os.environ['PATH']}"} <= set(lines)
    assert "SECRET" not in out.read_text()


@pytest.mark.parametrize(("status", "kind"), [(1, Refused), (75, Failed)])
def test_a_command_that_fails_is_tried_again_only_if_it_says_so(files: Files, status: int, kind: type[Sent]) -> None:
    sent = tell(script(files, f"exit {status}"))
    assert isinstance(sent, kind)
    assert f"ended with status {status}" in str(sent)


def test_a_command_that_hangs_is_killed_with_all_that_it_has_started(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "RUN_SECONDS", 0.5)
    pid_file = tmp_path / "pid"
    sent = tell(script(files, f"sleep 300 & echo $! > {pid_file}; wait"))
    assert isinstance(sent, Failed)
    assert "did not end within 0.5 s" in sent.reason
    pid = int(pid_file.read_text())

    def is_gone() -> bool:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[0] == "Z"  # killed, and not buried yet

    wait_until(is_gone, "the child is killed")


def test_a_command_that_does_not_read_is_told_all_the_same(files: Files) -> None:
    assert tell(script(files, "exit 0"), MESSAGE._replace(lines=("x" * 1_000_000,))) == Told()


WRONG: list[tuple[Callable[[Files], str], str]] = [
    (
        lambda _: 'kind = "slack"\nurl_file = "/no/such/file"',
        "target.it: url_file: /no/such/file cannot be read: No such file",
    ),
    (lambda files: f'kind = "slack"\nurl_file = {files.written("")}', "must have one line"),
    (lambda files: f'kind = "slack"\nurl_file = {files.written("a b")}', "must have one line"),
    (lambda files: f'kind = "slack"\nurl_file = {files.written(bytes([0xFF]))}', "must have ASCII characters only"),
    (lambda files: f'kind = "slack"\nurl_file = {files.written("ftp://x/SECRET")}', "must have an address such as"),
    (lambda files: f'kind = "ntfy"\nurl_file = {files.written("https://ntfy.sh/")}', "the address of a topic"),
    (lambda files: webhook(files, "https://x.example/", "whsec_SECRET"), "secret_file must have whsec_ and 24 to 64"),
    (lambda files: webhook(files, "https://x.example/", SECRET.removeprefix("whsec_")), "secret_file must have whsec_"),
    (lambda _: 'kind = "command"\ncommand = ["/no/such/program"]', "'/no/such/program' is not a program"),
]


@pytest.mark.parametrize(("fields", "sentence"), WRONG)
def test_a_target_that_cannot_be_used_is_named_without_its_secret(
    files: Files, fields: Callable[[Files], str], sentence: str
) -> None:
    with pytest.raises(TargetError) as raised:
        made(fields(files))
    assert sentence in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_a_secret_that_goes_away_later_is_a_failure_and_a_new_one_is_used(files: Files, tmp_path: Path) -> None:
    with Receiver() as receiver:
        target = made(f'kind = "slack"\nurl_file = {files.written(f"{receiver.url}/old")}')
        (tmp_path / "secret").unlink()
        with pytest.raises(TargetError, match="No such file"):
            tell(target)
        files.written(f"{receiver.url}/new")
        assert tell(target) == Told()
    assert [request.path for request in receiver.requests] == ["/new"]
