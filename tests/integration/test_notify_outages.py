"""The notifier in outages: what becomes due in one is told once after it, if it is still true."""

import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import HANGS, Answer, Receiver, Request
from chaos.gateways.gateway_process import GatewayProcess
from chaos.gateways.gateway_thread import GatewayThread
from chaos.gateways.notifier_process import WAITS, NotifierProcess, notifier, rules_for, told
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import let_pass, wait_until
from tests.support.programs.notifier_metrics import notifier_metric, tries

pytestmark = pytest.mark.slow

OUTAGE_SECONDS = 7.0
DUE_SECONDS = 5
"""Seconds after which things are due: most of an outage, so that a busy machine is in it before that."""


def rule(state: str, seconds: int, channel: str) -> str:
    when = f'{{ state = "{state}"{f", for_seconds = {seconds}" if seconds else ""} }}'
    return f'when = {when}\nview = "channel={channel}"\nto = ["hook"]\ngroup_seconds = 0'


def test_what_becomes_due_while_a_killed_gateway_is_away_is_told_once_if_it_is_still_true(
    real_redis: RedisServer, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rules = [
        rule("waiting_for_user", DUE_SECONDS, "web"),
        rule("waiting_for_user", 0, "now"),
        rule("stalled", DUE_SECONDS, "quiet"),
        rule("ended", 0, "end"),
        rule("degraded", 0, "bad"),
    ]
    port, metrics_port = free_port(), free_port()
    text = rules_for(receiver.url, tmp_path, *rules)
    arguments = (f"http://127.0.0.1:{port}", "--metrics-port", str(metrics_port))
    with NotifierProcess(tmp_path, text, *arguments) as running:
        with GatewayProcess(real_redis.url, port=port, debounce_seconds=0.05) as gateway:
            running.ready()
            assert notifier_metric(metrics_port, "current") == 1
            publisher.session("now:before").waiting_for_user()
            publisher.session("bad:1").error("429")
            ends = publisher.session("end:in-it")
            wait_until(lambda: len(told(receiver.requests)) == 2, "what is due at once is told")
            answered = publisher.session("web:answered")
            answered.waiting_for_user()
            publisher.session("web:before").waiting_for_user()
            publisher.session("quiet:1").thinking()
            publisher.flush()
            wait_until(lambda: len(gateway.states()) == 6, "the gateway knows all of them")
            gateway.process.kill()
            gateway.process.wait()
        wait_until(lambda: "nothing is told for now: reconnecting" in running.log, "the gateway is away")
        wait_until(lambda: notifier_metric(metrics_port, "current") == 0, "it is counted as away")
        answered.thinking()
        publisher.session("web:in-it").waiting_for_user()
        gone = publisher.session("now:gone")
        gone.waiting_for_user()
        publisher.flush()
        ends.end("done")
        gone.end()
        publisher.flush()
        before = len(receiver.requests)
        let_pass(OUTAGE_SECONDS)
        assert len(receiver.requests) == before
        with GatewayProcess(real_redis.url, port=port, debounce_seconds=0.05):
            wait_until(lambda: len(told(receiver.requests)) == 6, "what is still true is told", timeout_seconds=30)
            publisher.session("now:after").waiting_for_user()
            wait_until(lambda: len(told(receiver.requests)) == 7, "what comes after it is told")
            wait_until(lambda: tries(metrics_port, "hook") == {"told": len(receiver.requests)}, "each is counted")
        due = {state: notifier_metric(metrics_port, "due_total", state=state) for state, _ in told(receiver.requests)}
    expected = {
        ("waiting_for_user", "now:before"),
        ("degraded", None),
        ("waiting_for_user", "web:before"),
        ("waiting_for_user", "web:in-it"),
        ("stalled", "quiet:1"),
        ("ended", "end:in-it"),
        ("waiting_for_user", "now:after"),
    }
    assert Counter(told(receiver.requests)) == Counter(expected)
    assert due == {"waiting_for_user": 4, "degraded": 1, "stalled": 1, "ended": 1}


def test_while_the_ledgers_redis_is_dead_nothing_is_told_and_after_it_each_thing_once(
    own_redis: RedisServer,
    quick_gateway: GatewayThread,
    publisher: StatusPublisher,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    port = free_port()
    text = rules_for(receiver.url, tmp_path, WAITS)
    arguments = (quick_gateway.url, "--metrics-port", str(port))
    with NotifierProcess(tmp_path, text, *arguments, redis_url=own_redis.url).ready() as running:
        publisher.session("web:before").waiting_for_user()
        wait_until(lambda: tries(port, "hook") == {"told": 1}, "the first is told")
        own_redis.kill()
        publisher.session("web:in-it").waiting_for_user()
        wait_until(lambda: "so nothing is told" in running.log, "Redis is missed")
        publisher.session("web:late").waiting_for_user()
        wait_until(lambda: running.log.count("cannot be noted, and would be lost") == 2, "both are due")
        wait_until(lambda: notifier_metric(port, "waiting", target="hook") == 1, "the last one waits")
        assert len(receiver.requests) == 1
        own_redis.start()  # with nothing of what it knew: what was told is known to the notifier as well
        wait_until(lambda: tries(port, "hook") == {"told": 3}, "the others are told", timeout_seconds=30)
    assert told(receiver.requests) == [
        ("waiting_for_user", "web:before"),
        ("waiting_for_user", "web:in-it"),
        ("waiting_for_user", "web:late"),
    ]
    assert "Traceback" not in running.log


def test_what_cannot_be_noted_as_told_is_told_again_under_the_same_id_after_a_death(
    quick_gateway: GatewayThread, publisher: StatusPublisher, tmp_path: Path
) -> None:
    redis = RedisServer("--appendonly", "yes", "--appendfsync", "always")
    try:

        def answer(_: Request) -> Answer:
            if len(receiver.requests) == 1:
                redis.kill()
            return 200, {}

        with Receiver(answer) as receiver:
            with notifier(tmp_path, quick_gateway, receiver, WAITS, redis_url=redis.url).ready() as first:
                publisher.session("web:1").waiting_for_user()
                wait_until(lambda: "cannot be noted, and may be told again" in first.log, "Redis is missed")
                first.kill()
            redis.start()
            folder = tmp_path / "second"
            with notifier(folder, quick_gateway, receiver, WAITS, redis_url=redis.url).ready() as second:
                wait_until(lambda: len(receiver.requests) == 2, "the lease is over", timeout_seconds=60)
                assert second.stop() == 0
        assert told(receiver.requests) == [("waiting_for_user", "web:1")] * 2
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    finally:
        redis.close()


def test_a_target_that_hangs_holds_no_other_one_and_no_stop(
    quick_gateway: GatewayThread, publisher: StatusPublisher, tmp_path: Path
) -> None:
    port = free_port()
    to_both = WAITS.replace('["hook"]', '["hook", "other"]')
    with Receiver(lambda request: HANGS if request.path == "/hook" else (200, {})) as receiver:
        text = rules_for(receiver.url, tmp_path, to_both)
        with NotifierProcess(tmp_path, text, quick_gateway.url, "--metrics-port", str(port)).ready() as running:
            for number in range(3):
                publisher.session(f"web:{number}").waiting_for_user()
                wait_until(lambda: tries(port, "other") == {"told": number + 1}, "the other target is told")  # noqa: B023
            wait_until(lambda: notifier_metric(port, "waiting", target="hook") == 2, "what comes after it waits")
            assert len(told(receiver.requests)) == 1
            assert running.stop() == 0
        assert "left to the next start" in running.log


def test_what_a_target_that_hung_was_not_told_before_a_stop_is_told_by_the_next_start(
    quick_gateway: GatewayThread, publisher: StatusPublisher, tmp_path: Path
) -> None:
    answers: list[Answer] = [HANGS]
    with Receiver(lambda _: answers[0]) as receiver:
        with notifier(tmp_path, quick_gateway, receiver, WAITS).ready() as first:
            for number in range(2):
                publisher.session(f"web:{number}").waiting_for_user()
                wait_until(lambda: quick_gateway.states().get(f"web:{number}"), "it waits")  # noqa: B023
            wait_until(lambda: len(receiver.requests) == 1, "the first is being told")
            assert first.stop(signal.SIGTERM) == 0
        answers[0] = (200, {})
        before = len(receiver.requests)
        with notifier(tmp_path, quick_gateway, receiver, WAITS).ready():
            wait_until(lambda: len(told(receiver.requests[before:])) == 2, "both are told", timeout_seconds=60)
    assert sorted(told(receiver.requests[before:])) == [("waiting_for_user", f"web:{number}") for number in range(2)]


def test_the_end_of_quiet_hours_tells_what_is_still_true_in_one_message(
    quick_gateway: GatewayThread, publisher: StatusPublisher, tmp_path: Path
) -> None:
    now = datetime.now().astimezone()
    begin, end = now - timedelta(hours=1), now + timedelta(seconds=15)
    head = f"quiet_hours = {{ from = {begin:%H:%M:%S}, to = {end:%H:%M:%S} }}\n"
    came_at: list[datetime] = []

    def answer(_: Request) -> Answer:
        came_at.append(datetime.now().astimezone())
        return 200, {}

    with Receiver(answer) as receiver, notifier(tmp_path, quick_gateway, receiver, WAITS, head=head).ready() as running:
        sessions = []
        for number in range(3):
            sessions.append(publisher.session(f"web:{number}"))
            sessions[-1].waiting_for_user()
            publisher.flush()
        sessions[0].thinking()
        wait_until(lambda: receiver.requests, "the hours end", timeout_seconds=40)
        assert running.stop() == 0
    assert len(receiver.requests) == 1
    assert told(receiver.requests) == [("waiting_for_user", "web:1"), ("waiting_for_user", "web:2")]
    assert came_at[0] >= end.replace(microsecond=0)


def test_a_key_that_is_replaced_holds_a_notifier_up_until_its_file_has_the_new_one(
    real_redis: RedisServer, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    keys, key = tmp_path / "keys", tmp_path / "key"
    keys.write_text("notifier: first\n")
    key.write_text("first")
    text = rules_for(receiver.url, tmp_path, rule("waiting_for_user", 0, "web"))
    with (
        GatewayThread(real_redis.url, api_keys_file=keys) as gateway,
        NotifierProcess(tmp_path, text, gateway.url, "--key-file", str(key)) as running,
    ):
        running.ready()
        keys.write_text("notifier: second\n")
        wait_until(lambda: "refused the key" in running.log, "the key is refused", 20)
        publisher.session("web:1").waiting_for_user()
        key.write_text("second")
        wait_until(lambda: told(receiver.requests), "it is told with the new key", 20)
        assert running.log.count("refused the key") == 1
        assert running.stop() == 0
