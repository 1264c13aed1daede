"""The notifier and what is true of all sessions: each time that they are idle is told once."""

from pathlib import Path

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import Receiver
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import GatewayThread
from chaos.gateways.notifier_process import NotifierProcess, rules_for, told
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import let_pass, wait_until

pytestmark = pytest.mark.slow

SAME_SECONDS = 3.0
"""Seconds within which two notifiers that see one beginning could always know that it is the same."""
IDLE = 'when = { state = "idle" }\nto = ["hook"]\ngroup_seconds = 0'


def thinks(target: str) -> str:
    """A rule that says, to this target, that its notifier has seen a session."""
    return f'when = {{ state = "thinking" }}\nto = ["{target}"]\ngroup_seconds = 0'


def idles(receiver: Receiver) -> int:
    return told(receiver.requests).count(("idle", None))


@pytest.mark.parametrize("has_redis", [True, False])
def test_two_notifiers_of_which_one_is_cut_off_when_it_begins_tell_it_once(
    has_redis: bool, real_redis: RedisServer, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    settings = {"redis_url": real_redis.url} if has_redis else {}
    folders = (tmp_path / "one", tmp_path / "two") if has_redis else (tmp_path, tmp_path)
    port = free_port()

    def gateway(at: int | None = None) -> GatewayProcess:
        return GatewayProcess(real_redis.url, port=at, debounce_seconds=0.05)

    def notifier(folder: Path, url: str, target: str) -> NotifierProcess:
        text = rules_for(receiver.url, folder, IDLE, thinks(target))
        return NotifierProcess(folder, text, url, **settings)

    with (
        gateway() as lasting,
        notifier(folders[0], lasting.url, "hook").ready(),
        notifier(folders[1], f"http://127.0.0.1:{port}", "other") as cut_off,
    ):
        with gateway(port):
            cut_off.ready()
            first = publisher.session("web:1")
            first.thinking()
            wait_until(lambda: told(receiver.requests), "one notifier sees the session")
            wait_until(lambda: told(receiver.requests, "/other"), "the other one sees it, too")
        wait_until(lambda: "nothing is told for now: reconnecting" in cut_off.log, "it is cut off")
        first.end()
        wait_until(lambda: idles(receiver) == 1, "idle is told by the one that sees it")
        let_pass(SAME_SECONDS + 1.0)
        with gateway(port):
            wait_until(lambda: cut_off.log.count("reading http") == 2, "it is back", timeout_seconds=30)
            second = publisher.session("web:2")
            second.thinking()
            wait_until(lambda: ("thinking", "web:2") in told(receiver.requests), "one sees the next session")
            wait_until(lambda: ("thinking", "web:2") in told(receiver.requests, "/other"), "the other one sees it, too")
            assert idles(receiver) == 1
            second.end()
            wait_until(lambda: idles(receiver) == 2, "it is idle again, which is told")
            publisher.session("web:3").thinking()
            wait_until(lambda: ("thinking", "web:3") in told(receiver.requests), "one sees the last session")
            wait_until(lambda: ("thinking", "web:3") in told(receiver.requests, "/other"), "the other one sees it, too")
    assert idles(receiver) == 2


@pytest.mark.parametrize("has_redis", [True, False])
def test_a_restart_that_catches_up_does_not_tell_again_that_all_are_idle(
    has_redis: bool,
    real_redis: RedisServer,
    quick_gateway: GatewayThread,
    publisher: StatusPublisher,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    settings = {"redis_url": real_redis.url} if has_redis else {}
    text = rules_for(receiver.url, tmp_path, IDLE, thinks("other"))
    with NotifierProcess(tmp_path, text, quick_gateway.url, **settings).ready() as running:
        session = publisher.session("web:1")
        session.thinking()
        wait_until(lambda: told(receiver.requests, "/other"), "the session is seen")
        session.end()
        wait_until(lambda: idles(receiver) == 1, "idle is told")
        assert running.stop() == 0
    let_pass(SAME_SECONDS + 1.0)
    with NotifierProcess(tmp_path, text, quick_gateway.url, "--catch-up", **settings).ready() as running:
        other = publisher.session("web:2")
        other.thinking()
        wait_until(lambda: ("thinking", "web:2") in told(receiver.requests, "/other"), "the next session is seen")
        assert idles(receiver) == 1
        other.end()
        wait_until(lambda: idles(receiver) == 2, "it is idle again, which is told")
        assert running.stop() == 0
    assert idles(receiver) == 2


def test_a_start_that_catches_up_tells_the_next_time_only_if_some_start_has_seen_the_end_of_the_last(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    text = rules_for(receiver.url, tmp_path, IDLE)

    def start_and_stop() -> int:
        let_pass(SAME_SECONDS + 1.0)
        with NotifierProcess(tmp_path, text, quick_gateway.url, "--catch-up").ready() as running:
            assert running.stop() == 0
        return idles(receiver)

    def think(key: str) -> None:
        publisher.session(key).thinking()
        publisher.flush()
        wait_until(lambda: key in quick_gateway.states(), "the gateway has the session")

    def end(key: str) -> None:
        publisher.session(key).end()
        publisher.flush()
        wait_until(lambda: key not in quick_gateway.states(), "the gateway has it no more")

    wait_until(lambda: quick_gateway.states() == {}, "nothing is open")
    assert start_and_stop() == 1
    think("web:unseen")
    end("web:unseen")
    assert start_and_stop() == 1
    think("web:seen")
    assert start_and_stop() == 1
    end("web:seen")
    assert start_and_stop() == 2
