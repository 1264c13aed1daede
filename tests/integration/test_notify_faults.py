"""The notifier beside other notifiers, restarts, deaths and outages: each thing is told once, and nothing is lost."""

from pathlib import Path

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import HANGS, Answer, Receiver, Request
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import GatewayThread
from chaos.gateways.notifier_process import WAITS, NotifierProcess, notifier, rules_for, told
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("has_redis", [True, False])
def test_two_notifiers_and_a_restart_tell_each_thing_once(
    has_redis: bool,
    real_redis: RedisServer,
    quick_gateway: GatewayThread,
    publisher: StatusPublisher,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    settings = {"redis_url": real_redis.url} if has_redis else {}
    folders = (tmp_path / "one", tmp_path / "two") if has_redis else (tmp_path, tmp_path)
    with (
        notifier(folders[0], quick_gateway, receiver, WAITS, **settings).ready() as one,
        notifier(folders[1], quick_gateway, receiver, WAITS, **settings).ready(),
    ):
        for number in range(5):
            publisher.session(f"web:{number}").waiting_for_user()
            publisher.flush()
        wait_until(lambda: len(told(receiver.requests)) == 5, "each is told")
        assert one.stop() == 0
        with notifier(folders[0], quick_gateway, receiver, WAITS, **settings).ready():
            publisher.session("web:last").waiting_for_user()
            wait_until(lambda: len(told(receiver.requests)) == 6, "the last is told")
    assert sorted(key or "" for _, key in told(receiver.requests)) == [*(f"web:{n}" for n in range(5)), "web:last"]


@pytest.mark.parametrize("has_redis", [True, False])
def test_what_a_notifier_was_killed_in_telling_is_told_once_more_under_the_same_id(
    has_redis: bool, real_redis: RedisServer, quick_gateway: GatewayThread, publisher: StatusPublisher, tmp_path: Path
) -> None:
    settings = {"redis_url": real_redis.url} if has_redis else {}
    requests: list[Request] = []

    def answer(request: Request) -> Answer:
        requests.append(request)
        return HANGS if len(requests) == 1 else (200, {})

    with Receiver(answer) as receiver:
        with notifier(tmp_path, quick_gateway, receiver, WAITS, **settings).ready() as first:
            publisher.session("web:1").waiting_for_user()
            wait_until(lambda: receiver.requests, "it is being told")
            first.kill()
        # Both take over, and one of them tells it.
        with (
            notifier(tmp_path, quick_gateway, receiver, WAITS, **settings).ready() as second,
            notifier(tmp_path, quick_gateway, receiver, WAITS, **settings).ready() as third,
        ):
            wait_until(lambda: len(receiver.requests) == 2, "the lease is over", timeout_seconds=60)
            publisher.session("web:2").waiting_for_user()
            wait_until(lambda: len(receiver.requests) == 3, "what comes after it is told")
            assert (second.stop(), third.stop()) == (0, 0)
    assert told(receiver.requests) == [("waiting_for_user", f"web:{number}") for number in (1, 1, 2)]
    assert len({request.headers["webhook-id"] for request in receiver.requests[:2]}) == 1


def test_what_begins_while_the_gateway_is_away_is_told_when_it_is_back(
    real_redis: RedisServer, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    port = free_port()
    text = rules_for(receiver.url, tmp_path, WAITS)
    with NotifierProcess(tmp_path, text, f"http://127.0.0.1:{port}") as running:
        with GatewayProcess(real_redis.url, port=port, debounce_seconds=0.05):
            running.ready()
            publisher.session("web:1").waiting_for_user()
            wait_until(lambda: len(receiver.requests) == 1, "the first is told")
        wait_until(lambda: "nothing is told for now: reconnecting" in running.log, "the gateway is away")
        publisher.session("web:2").waiting_for_user()
        publisher.flush()
        with GatewayProcess(real_redis.url, port=port, debounce_seconds=0.05):
            wait_until(lambda: len(receiver.requests) == 2, "the second is told", timeout_seconds=30)
    assert told(receiver.requests) == [("waiting_for_user", "web:1"), ("waiting_for_user", "web:2")]


def test_nothing_is_told_of_a_stale_snapshot(own_redis: RedisServer, receiver: Receiver, tmp_path: Path) -> None:
    rule = 'when = { state = "waiting_for_user", for_seconds = 2 }\nto = ["hook"]\ngroup_seconds = 0'
    with (
        GatewayThread(own_redis.url, debounce_seconds=0.05, drain_seconds=0.1) as gateway,
        StatusPublisher(own_redis.url) as publisher,
        notifier(tmp_path, gateway, receiver, rule).ready() as running,
    ):
        session = publisher.session("web:1")
        session.waiting_for_user()
        publisher.flush()
        wait_until(lambda: gateway.states() == {"web:1": "waiting_for_user"}, "it waits")
        own_redis.kill()
        wait_until(lambda: "nothing is told for now: stale" in running.log, "the snapshot is stale")
        session.thinking()  # answered, which no gateway can know yet
        own_redis.start()
        wait_until(lambda: running.log.count("reading http") == 2, "the snapshot is current", timeout_seconds=30)
        other = publisher.session("web:2")
        other.waiting_for_user()
        wait_until(lambda: receiver.requests, "the other one is told", timeout_seconds=20)
    assert told(receiver.requests) == [("waiting_for_user", "web:2")]


def test_a_ledger_that_hangs_does_not_keep_a_notifier_from_its_end(
    own_redis: RedisServer,
    quick_gateway: GatewayThread,
    publisher: StatusPublisher,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    with notifier(tmp_path, quick_gateway, receiver, WAITS, redis_url=own_redis.url).ready() as running:
        own_redis.pause()
        publisher.session("web:1").waiting_for_user()
        publisher.flush()
        wait_until(lambda: "cannot be noted" in running.log, "the ledger has hung", timeout_seconds=30)
        assert running.stop() == 0
        own_redis.resume()
    assert not receiver.requests
