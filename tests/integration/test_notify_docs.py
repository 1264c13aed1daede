"""The pages on notifications: what they show is run, against a receiver that stands for ntfy."""

import json
import re
from pathlib import Path

import httpx
import pytest

from agent_status_gateway.cli.notify.command_line import notify
from agent_status_gateway.cli.notify.rules.rule_file import parse_rule_file
from agent_status_gateway.cli.notify.rules.when import WHATS
from agent_status_gateway.state.views.stalls.stalled import MAX_STALLED_SECONDS
from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import Receiver
from chaos.gateways.gateway_thread import GatewayThread
from chaos.gateways.notifier_process import NotifierProcess
from chaos.ports import free_port
from chaos.wait import wait_until
from tests.support.documents import ROOT, doc_page

HOW_TO = doc_page("how-to/notifications.md")
PAGE = doc_page("reference/notify.md")
WHOLE, MORE, AT_NIGHT = re.findall(r"```toml\n(.*?)```", HOW_TO, re.DOTALL)


def test_the_phone_is_told_as_the_page_says(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "phone").write_text(f"{receiver.url}/agents-1234\n")
    rules = WHOLE.replace("/home/me/.config/agent-status/phone", str(tmp_path / "phone"))
    rules = rules.replace("for_seconds = 60", "for_seconds = 2")
    assert "for_seconds = 2" in rules
    with NotifierProcess(tmp_path, rules, quick_gateway.url).ready():
        publisher.session("web:42").waiting_for_user("approval")
        wait_until(lambda: receiver.requests, "the phone is told", timeout_seconds=20)
    body = json.loads(receiver.requests[0].body)
    said = re.search(r"makes the phone say `(.*) for 1m 0s`", HOW_TO)
    assert said is not None
    assert body["message"].startswith(f"{said[1]} for ")
    assert body["topic"] == "agents-1234"
    assert body["click"] == "https://status.example.org/?open=web%3A42"


def test_all_rules_of_the_page_make_one_file() -> None:
    written = parse_rule_file(f"{AT_NIGHT}\n{WHOLE}\n{MORE}")
    assert [rule.when.state for rule in written.rules] == ["waiting_for_user", "ended", "stalled"]
    assert set(written.targets) == {"phone", "ops"}
    assert written.quiet_hours is not None


def test_the_rules_of_the_compose_stack_can_be_read() -> None:
    written = parse_rule_file((ROOT / "deploy" / "notify" / "rules.toml").read_text())
    assert [str(target.url_file) for target in written.targets.values()] == ["/etc/agent-status/phone"]  # type: ignore[union-attr]


def test_the_reference_names_every_state_and_every_option() -> None:
    states = PAGE.partition("| state | is true |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", re.sub(r"\|[^|]*\|$", "", states, flags=re.MULTILINE))) == set(WHATS)
    assert f"at most {MAX_STALLED_SECONDS:,}" in states
    options = set(re.findall(r"`(--[a-z-]+)", PAGE.partition("## Options")[2].partition("\n## ")[0]))
    hidden = {"rules", "state_home"}
    names = {f"--{name.replace('_', '-')}" for name in notify.__annotations__ if name not in {*hidden, "return"}}
    assert options == names


def test_the_reference_names_every_metric(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "phone").write_text(f"{receiver.url}/agents-1234\n")
    rules = WHOLE.replace("/home/me/.config/agent-status/phone", str(tmp_path / "phone")).replace(" 60 ", " 0 ")
    with NotifierProcess(tmp_path, rules, quick_gateway.url, "--metrics-port", str(port)).ready():
        publisher.session("web:1").waiting_for_user()
        wait_until(lambda: receiver.requests, "it is told")
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    served = set(re.findall(r"^# TYPE (\w+) (?:counter|gauge)", text, re.MULTILINE))
    served = {name for name in served if not name.endswith("_created")}
    assert set(re.findall(r"^\| `(agent_status_notify_\w+)`", PAGE, re.MULTILINE)) == served


@pytest.mark.parametrize("fact", ["session_key", "channel", "seconds", "detail", "title", "error_message", "link"])
def test_the_example_of_a_message_has_each_fact(fact: str) -> None:
    example = json.loads(PAGE.partition("```json\n")[2].partition("```")[0])
    assert fact in example["data"]["sessions"][0]
