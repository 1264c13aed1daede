"""The command that prints a link to a part of the fleet."""

import json
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH, TICKET_PATH
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until


def link(url: str, *arguments: str, key: str | None = None) -> "subprocess.CompletedProcess[str]":
    environment = clean_environment({} if key is None else {"API_KEY": key})
    command = [sys.executable, "-m", "agent_status_gateway", "link", "--url", url, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def first_data(url: str) -> str:
    with httpx.stream("GET", url, timeout=8) as stream:
        return next(line for line in stream.iter_lines() if line.startswith("data: "))


def test_a_link_opens_its_part_and_nothing_else(real_redis: RedisServer) -> None:
    with (
        GatewayThread(real_redis.url, api_key="geheim") as gateway,
        StatusPublisher(real_redis.url) as publisher,
    ):
        publisher.session("web:42")
        publisher.session("ci:1")
        headers = {"X-Status-Key": "geheim"}
        wait_until(lambda: len(gateway.get(headers=headers).json()["sessions"]) == 2, "both are shown")
        done = link(gateway.url, "--view", "session=web:42", "--days", "7", key="geheim")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"{gateway.url}/?ticket=")
        (ticket,) = parse_qs(urlsplit(done.stdout.strip()).query)["ticket"]
        data = first_data(f"{gateway.url}{STREAM_PATH}?ticket={ticket}")
        assert "web:42" in data
        assert "ci:1" not in data
        assert httpx.get(f"{gateway.url}{STATUS_PATH}?ticket={ticket}").status_code == 403
        assert "geheim" not in done.stdout


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("parent=web:42", {"web:42/1", "web:42/2"}),
        ("parent=web:42&label=run:7", {"web:42/1"}),
        ("label=run:7", {"web:42", "web:42/1"}),
    ],
)
def test_a_link_can_be_to_the_children_of_a_session_and_by_a_label_to_both(
    real_redis: RedisServer, view: str, shown: set[str]
) -> None:
    with (
        GatewayThread(real_redis.url, api_key="geheim") as gateway,
        StatusPublisher(real_redis.url) as publisher,
    ):
        publisher.session("web:42", labels={"run": "7"})
        publisher.session("web:42/1", parent="web:42", labels={"run": "7"})
        publisher.session("web:42/2", parent="web:42")
        publisher.session("web:42/2/1", parent="web:42/2")
        headers = {"X-Status-Key": "geheim"}
        wait_until(lambda: len(gateway.get(headers=headers).json()["sessions"]) == 4, "all are shown")
        done = link(gateway.url, "--view", view, key="geheim")
        (ticket,) = parse_qs(urlsplit(done.stdout.strip()).query)["ticket"]
        data = first_data(f"{gateway.url}{STREAM_PATH}?ticket={ticket}").removeprefix("data: ")
        assert {row["session_key"] for row in json.loads(data)["sessions"]} == shown


def test_where_no_key_is_required_the_link_says_what_to_show(real_redis: RedisServer) -> None:
    with GatewayThread(real_redis.url) as gateway:
        done = link(gateway.url, "--view", "session=web:42&channel=web")
        assert done.stdout == f"{gateway.url}/?channel=web&session=web:42\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "--view is missing"),
        (("--view", "state=error"), "a link cannot be to states"),
        (("--view", "chanel=web"), "'chanel' is not a field"),
        (("--view", "channel=web&ended=900"), "`ended` means nothing here: only `show` and `watch`"),
        (("--view", "session=web:42&parent=web:42"), "no session is its own parent, so this link would show nothing"),
        (("--view", "channel=web", "--days", "32"), "--days"),
    ],
)
def test_what_no_link_can_be_made_of_is_a_sentence(arguments: tuple[str, ...], reason: str) -> None:
    done = link("http://127.0.0.1:9", *arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stdout == ""


def test_a_wrong_key_gives_no_link(real_redis: RedisServer) -> None:
    with GatewayThread(real_redis.url, api_key="geheim") as gateway:
        done = link(gateway.url, "--view", "channel=web", key="other")
        assert (done.returncode, done.stdout) == (2, "")
        assert "refused the key" in done.stderr


def test_a_gateway_that_would_open_everything_gives_no_link(
    real_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of before there were scopes takes no notice of the body."""
    with GatewayThread(real_redis.url, api_key="geheim") as gateway:
        old = httpx.post(gateway.url + TICKET_PATH, headers={"X-Status-Key": "geheim"}).json()["ticket"]
        access = gateway.app.replica.access
        monkeypatch.setattr(access, "ticket", lambda *_: (old, 86_400))
        done = link(gateway.url, "--view", "channel=web", key="geheim")
        assert (done.returncode, done.stdout) == (2, "")
        assert "too old for links" in done.stderr
