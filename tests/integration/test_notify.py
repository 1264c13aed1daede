"""The notifier as a process, with a real gateway, real workers and a real receiver."""

import signal
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from agent_status_publisher import StatusPublisher
from chaos.clients.receiver import Receiver
from chaos.gateways.gateway_thread import GatewayThread
from chaos.gateways.notifier_process import WAITS, NotifierProcess, notifier, rules_for, told
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.terms import Terms
from chaos.wait import wait_until
from chaos.workers.worker_process import WorkerProcess


@pytest.mark.parametrize("state", ["thinking", "tool_running", "streaming", "waiting_for_user", "error"])
def test_each_state_of_a_session_can_be_told(
    state: str, quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rule = f'when = {{ state = "{state}" }}\nto = ["hook"]\ngroup_seconds = 0'
    with notifier(tmp_path, quick_gateway, receiver, rule).ready():
        session = publisher.session("web:1")
        if state == "waiting_for_user":
            session.waiting_for_user()
        elif state == "tool_running":
            session.tool_running("bash")
        elif state == "streaming":
            session.streaming()
        elif state == "error":
            session.error("429")
        wait_until(lambda: told(receiver.requests), f"{state} is told")
    assert told(receiver.requests) == [(state, "web:1")]


def test_a_state_is_told_only_after_the_rules_seconds_and_only_if_it_is_still_true(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rule = 'when = { state = "waiting_for_user", for_seconds = 3 }\nto = ["hook"]\ngroup_seconds = 0'
    with notifier(tmp_path, quick_gateway, receiver, rule).ready():
        answered = publisher.session("web:answered")
        answered.waiting_for_user()
        publisher.session("web:waits").waiting_for_user()
        publisher.flush()
        wait_until(lambda: quick_gateway.states().get("web:answered") == "waiting_for_user", "it waits")
        answered.thinking()
        wait_until(lambda: told(receiver.requests), "the one that waits is told")
    assert told(receiver.requests) == [("waiting_for_user", "web:waits")]


def test_idle_is_told_when_the_last_session_has_ended_and_degraded_when_one_fails(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rules = [f'when = {{ state = "{state}" }}\nto = ["hook"]\ngroup_seconds = 0' for state in ("idle", "degraded")]
    with notifier(tmp_path, quick_gateway, receiver, *rules).ready():
        session = publisher.session("web:1")
        session.error("429")
        wait_until(lambda: told(receiver.requests) == [("degraded", None)], "degraded is told")
        session.end()
        wait_until(lambda: told(receiver.requests) == [("degraded", None), ("idle", None)], "idle is told")


def test_what_begins_together_is_one_message(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rule = 'when = { state = "waiting_for_user" }\nto = ["hook"]\ngroup_seconds = 3'
    with notifier(tmp_path, quick_gateway, receiver, rule).ready():
        for number in range(10):
            publisher.session(f"web:{number}").waiting_for_user()
        wait_until(lambda: receiver.requests, "the message comes")
    assert len(receiver.requests) == 1
    assert told(receiver.requests) == [("waiting_for_user", f"web:{number}") for number in range(10)]


def test_each_rule_tells_of_its_own_view_and_to_its_own_targets(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rules = (
        f'{WAITS}\nview = "channel=web"',
        f'{WAITS}\nview = "label=team:ops"'.replace('["hook"]', '["other", "hook"]'),
    )
    with notifier(tmp_path, quick_gateway, receiver, *rules).ready():
        publisher.session("web:1").waiting_for_user()
        publisher.session("ci:1", labels={"team": "ops"}).waiting_for_user()
        publisher.session("ci:2").waiting_for_user()
        wait_until(lambda: len(receiver.requests) == 3, "three messages come")
    assert sorted(told(receiver.requests)) == [("waiting_for_user", "ci:1"), ("waiting_for_user", "web:1")]
    assert told(receiver.requests, "/other") == [("waiting_for_user", "ci:1")]


def test_what_was_due_before_the_start_is_told_only_with_catch_up(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    publisher.session("web:old").waiting_for_user()
    publisher.flush()
    wait_until(quick_gateway.states, "it waits")
    with notifier(tmp_path, quick_gateway, receiver, WAITS).ready() as running:
        publisher.session("web:new").waiting_for_user()
        wait_until(lambda: told(receiver.requests), "the new one is told")
        assert running.stop() == 0
    assert told(receiver.requests) == [("waiting_for_user", "web:new")]
    text = rules_for(receiver.url, tmp_path, WAITS)
    with NotifierProcess(tmp_path, text, quick_gateway.url, "--catch-up").ready():
        wait_until(lambda: len(receiver.requests) == 2, "the old one is told")
    assert told(receiver.requests) == [("waiting_for_user", "web:new"), ("waiting_for_user", "web:old")]


def test_quiet_hours_hold_what_is_due(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    now = datetime.now().astimezone()
    hours = [(now + timedelta(hours=hours)).strftime("%H:%M") for hours in (-1, 1)]
    head = f'quiet_hours = {{ from = "{hours[0]}", to = "{hours[1]}" }}\n'
    urgent = WAITS.replace('["hook"]', '["other"]') + "\nquiet_hours = false"
    with notifier(tmp_path, quick_gateway, receiver, WAITS, urgent, head=head).ready() as running:
        publisher.session("web:1").waiting_for_user()
        wait_until(lambda: told(receiver.requests, "/other"), "the urgent rule tells")
        assert running.stop() == 0
    assert told(receiver.requests) == []


def test_a_stop_tells_what_is_gathered_within_five_seconds(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rule = 'when = { state = "waiting_for_user" }\nto = ["hook"]\ngroup_seconds = 3600'
    with notifier(tmp_path, quick_gateway, receiver, rule).ready() as running:
        publisher.session("web:1").waiting_for_user()
        publisher.flush()
        wait_until(lambda: noted(tmp_path), "it is noted")
        assert running.stop() == 0
    assert told(receiver.requests) == [("waiting_for_user", "web:1")]


def noted(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "agent-status" / "notify.sqlite")) as file:
        (count,) = file.execute("SELECT count(*) FROM told").fetchone()
    return int(count)


def test_metrics_tell_what_was_told(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    port = free_port()
    text = rules_for(receiver.url, tmp_path, WAITS)
    with NotifierProcess(tmp_path, text, quick_gateway.url, "--metrics-port", str(port)).ready():
        publisher.session("web:1").waiting_for_user()
        wait_until(lambda: receiver.requests, "it is told")
        expected = 'agent_status_notify_messages_total{outcome="told",target="hook"} 1.0'
        wait_until(lambda: expected in httpx.get(f"http://127.0.0.1:{port}/metrics").text, "it is counted")
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'agent_status_notify_due_total{state="waiting_for_user"} 1.0' in metrics
    assert "agent_status_notify_current 1.0" in metrics
    assert "web:1" not in metrics


def test_a_gateway_that_refuses_the_key_ends_it_with_a_sentence(
    real_redis: RedisServer, receiver: Receiver, tmp_path: Path
) -> None:
    with (
        GatewayThread(real_redis.url, api_key="right", drain_seconds=0.1) as gateway,
        NotifierProcess(tmp_path, rules_for(receiver.url, tmp_path, WAITS), gateway.url, api_key="wrong") as running,
    ):
        assert running.wait() == 2
    assert "refused the key" in running.log
    assert "Traceback" not in running.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_zero(
    number: int, quick_gateway: GatewayThread, receiver: Receiver, tmp_path: Path
) -> None:
    with notifier(tmp_path, quick_gateway, receiver, WAITS).ready() as running:
        assert running.stop(number) == 0


def test_each_way_in_which_a_session_ends_can_be_told(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rule = 'when = { state = "ended" }\nto = ["hook"]\ngroup_seconds = 0'
    failed = 'when = { state = "ended", outcome = ["failed"] }\nto = ["other"]\ngroup_seconds = 0'
    with notifier(tmp_path, quick_gateway, receiver, rule, failed).ready():
        publisher.session("web:done").end("done")
        publisher.session("web:cancelled").end("cancelled")
        broken = publisher.session("web:failed")
        broken.error("429")
        broken.end()
        wait_until(lambda: len(told(receiver.requests)) == 3, "each end is told")
        wait_until(lambda: told(receiver.requests, "/other"), "the failure is told")
    assert sorted(told(receiver.requests)) == [
        ("ended", "web:cancelled"),
        ("ended", "web:done"),
        ("ended", "web:failed"),
    ]
    assert told(receiver.requests, "/other") == [("ended", "web:failed")]


def test_a_worker_that_vanishes_is_told_as_lost(
    real_redis: RedisServer, quick_gateway: GatewayThread, receiver: Receiver, tmp_path: Path
) -> None:
    rule = 'when = { state = "lost" }\nto = ["hook"]\ngroup_seconds = 0'
    terms = Terms(heartbeat_seconds=0.5, lease_seconds=2.0, error_ttl_seconds=20.0, debounce_seconds=0.05)
    with notifier(tmp_path, quick_gateway, receiver, rule).ready(), WorkerProcess(real_redis.url, terms) as worker:
        worker.publish("web:1", "thinking")
        wait_until(quick_gateway.states, "it is shown")
        worker.kill()
        wait_until(lambda: told(receiver.requests), "it is told", timeout_seconds=30)
    assert told(receiver.requests) == [("lost", "web:1")]


def test_an_end_by_itself_is_told_by_its_outcome(
    real_redis: RedisServer, quick_gateway: GatewayThread, receiver: Receiver, tmp_path: Path
) -> None:
    lost, expired = (
        f'when = {{ state = "ended", outcome = ["{outcome}"] }}\nto = ["{target}"]\ngroup_seconds = 0'
        for outcome, target in (("lost", "hook"), ("expired", "other"))
    )
    terms = Terms(heartbeat_seconds=0.5, lease_seconds=2.0, error_ttl_seconds=2.0, debounce_seconds=0.05)
    with (
        notifier(tmp_path, quick_gateway, receiver, lost, expired).ready(),
        WorkerProcess(real_redis.url, terms) as worker,
        StatusPublisher(real_redis.url, waiting_ttl_seconds=2.0) as publisher,
    ):
        worker.publish("web:lost", "thinking")
        wait_until(quick_gateway.states, "it is shown")
        worker.kill()
        publisher.session("web:unanswered").waiting_for_user()
        wait_until(lambda: told(receiver.requests, "/other"), "the question is told to have expired", 20.0)
        wait_until(lambda: told(receiver.requests), "the loss is told", 20.0)
    assert told(receiver.requests) == [("ended", "web:lost")]
    assert told(receiver.requests, "/other") == [("ended", "web:unanswered")]


def test_a_session_without_a_call_is_told_as_stalled_and_one_with_calls_is_not(
    quick_gateway: GatewayThread, publisher: StatusPublisher, receiver: Receiver, tmp_path: Path
) -> None:
    rule = 'when = { state = "stalled", for_seconds = 3 }\nto = ["hook"]\ngroup_seconds = 0'
    with notifier(tmp_path, quick_gateway, receiver, rule).ready():
        publisher.session("web:quiet").thinking()
        busy = publisher.session("web:busy")

        def is_told() -> bool:
            busy.add_cost(usd=0.01)
            return bool(told(receiver.requests))

        wait_until(is_told, "the quiet one is told", timeout_seconds=20)
    assert told(receiver.requests) == [("stalled", "web:quiet")]
