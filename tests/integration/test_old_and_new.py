"""Old and new publishers, gateways, hooks and ingests side by side: each understands what it knows, and none complains.

The old ones are of the last commit before answers were remembered, of the last one before the fold, and of the last one
before a row said more than its state.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from agent_status_gateway.paths import WORKERS_PATH
from agent_status_gateway.state.views.fields import FIELD_NAMES
from agent_status_publisher.contract.wire import Keys
from chaos.gateways.gateway_process import GatewayProcess
from chaos.servers.redis_server import RedisServer
from chaos.terms import Terms
from chaos.wait import wait_until
from chaos.workers.worker_process import WorkerProcess
from tests.support.programs.earlier_code import BEFORE_ANSWERS, BEFORE_ROWS_SAID_MORE, BEFORE_THE_FOLD, earlier_code

pytestmark = pytest.mark.slow

INGEST: Final = ("-m", "agent_status_gateway", "ingest", "--port", "{port}", "--log-format", "json")
LASTING: Final = Terms(error_ttl_seconds=600)
"""The terms of workers whose error outlives a test on a busy machine."""
CHANGING: Final = {"duration_seconds", "quiet_seconds"}
"""The fields of a row that differ from one look to the next."""
PLAIN: Final = """
one = publisher.session("{name}:works", "Fix")
one.usage(input=5, output=1)
one.tool_running("bash")
publisher.session("{name}:waits").waiting_for_user()
publisher.session("{name}:fails").error("boom")
publisher.session("{name}:over").end()
publisher.publish("{name}:streams", "streaming", title="Answer")
"""
MORE: Final = """
one = publisher.session("new:works", parent="ci:7", link="https://ci.example/7", labels={"agent": "reviewer"})
one.context(used=96_000, window=200_000)
one.cost(usd=1.25)
one.progress(done=3, of=7)
publisher.session("new:waits").waiting_for_user("approval")
publisher.session("new:works/a1", "Explore", parent="new:works").end("cancelled")
"""
STATES: Final = {"works": "tool_running", "waits": "waiting_for_user", "fails": "error", "streams": "streaming"}
WAITS: Final = [
    {"hook_event_name": "UserPromptSubmit", "model": "gpt-5", "cwd": "/srv/shop"},
    {"hook_event_name": "SubagentStart", "agent_id": "a1", "agent_type": "Explore"},
    {"hook_event_name": "PreToolUse", "tool_name": "shell", "tool_use_id": "c1"},
    {"hook_event_name": "PermissionRequest", "tool_name": "shell", "tool_use_id": "c1"},
]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(BEFORE_ANSWERS, id="before answers were remembered"),
        pytest.param(BEFORE_THE_FOLD, id="before the fold"),
        pytest.param(BEFORE_ROWS_SAID_MORE, id="before rows said more"),
    ],
)
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which Python runs the old code."""
    return earlier_code(request.param, tmp_path_factory.mktemp("earlier"))


@pytest.fixture
def gateways(real_redis: RedisServer, old: dict[str, str]) -> Iterator[dict[str, GatewayProcess]]:
    """An old gateway and a new one. Neither may say more than that it starts."""
    code = {"old": old, "new": {}}
    with ExitStack() as stack:
        both = {
            name: stack.enter_context(
                GatewayProcess(real_redis.url, environment=code[name], debounce_seconds=0.05, log_format="json")
            ).ready()
            for name in code
        }
        yield both
        for name, gateway in both.items():
            assert complaints(gateway) == [], name


def complaints(gateway: GatewayProcess) -> list[Any]:
    lines = [json.loads(line) for line in gateway.log().splitlines()]
    assert lines, "its start is logged"
    return [line for line in lines if line["level"] != "info"]


def rows(gateway: GatewayProcess, query: str = "") -> dict[str, dict[str, Any]]:
    found = gateway.snapshot(query)["sessions"]
    return {row["session_key"]: {name: row[name] for name in row if name not in CHANGING} for row in found}


def outcomes(gateway: GatewayProcess) -> dict[str, str]:
    """How the sessions ended that a gateway tells of. An old one tells of none."""
    ends = gateway.snapshot("?ended=900").get("ended", [])
    return {one["session_key"]: one["outcome"] for one in ends}


def wait_for(gateway: GatewayProcess, states: dict[str, str]) -> None:
    wait_until(lambda: gateway.states() == states, f"the gateway shows {states}")


@pytest.fixture
def workers(real_redis: RedisServer, old: dict[str, str]) -> Iterator[dict[str, WorkerProcess]]:
    """An old worker and a new one. Neither may say anything."""
    with (
        WorkerProcess(real_redis.url, LASTING, environment=old) as before,
        WorkerProcess(real_redis.url, LASTING) as now,
    ):
        yield {"old": before, "new": now}
        assert (before.log(), now.log()) == ("", "")


def test_the_old_ones_are_old(old: dict[str, str], workers: dict[str, WorkerProcess]) -> None:
    assert workers["old"].do("hasattr(publisher.session('a'), 'label')") == "False"
    assert workers["new"].do("hasattr(publisher.session('a'), 'label')") == "True"
    where = "import agent_status_gateway; print(agent_status_gateway.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", where], env=old, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith(old["PYTHONPATH"].rpartition(":")[2])


def say_all(workers: dict[str, WorkerProcess], gateways: dict[str, GatewayProcess]) -> None:
    """Have each worker say what it can, and see its states on both gateways."""
    for name, worker in workers.items():
        worker.do(PLAIN.format(name=name))
    workers["new"].do(MORE)
    for worker in workers.values():
        worker.flush()
    for gateway in gateways.values():
        wait_for(gateway, {f"{name}:{key}": state for name in workers for key, state in STATES.items()})


def test_old_and_new_gateways_show_the_same_of_old_and_new_publishers(
    gateways: dict[str, GatewayProcess], workers: dict[str, WorkerProcess]
) -> None:
    say_all(workers, gateways)
    assert rows(gateways["old"]) == rows(gateways["new"])
    works = rows(gateways["old"])["new:works"]
    assert (works["title"], works["tool_name"], works["token_usage"]) == ("Fix", "bash", {"input": 5, "output": 1})


def test_an_old_gateway_does_not_see_what_a_new_publisher_has_left_behind(
    real_redis: RedisServer, old: dict[str, str], gateways: dict[str, GatewayProcess]
) -> None:
    with WorkerProcess(real_redis.url, LASTING) as worker:
        worker.do("publisher.session('web:1', 'Fix').end()")
        worker_id = worker.do("publisher.worker_id").strip("'")
        worker.say_goodbye()
    ends = {"web:1": "done"}
    wait_until(lambda: outcomes(gateways["new"]) == ends, "the new gateway tells it")
    keys = Keys("default")
    with real_redis.client() as client:
        assert client.exists(keys.worker(worker_id))
        client.zrem(keys.workers, worker_id)  # as another worker's next report does after a minute
        with GatewayProcess(real_redis.url, environment=old) as fresh:
            assert outcomes(fresh.ready()) == {}
            assert (fresh.states(), fresh.get(WORKERS_PATH).json()["workers"]) == ({}, [])
        with GatewayProcess(real_redis.url) as fresh:
            wait_until(lambda: outcomes(fresh.ready()) == ends, "a new one tells what has ended")
            assert (fresh.states(), fresh.get(WORKERS_PATH).json()["workers"]) == ({}, [])


def test_a_new_gateway_says_of_each_publisher_what_it_knows_to_those_who_ask(
    gateways: dict[str, GatewayProcess], workers: dict[str, WorkerProcess]
) -> None:
    say_all(workers, gateways)
    shown = rows(gateways["new"], "?fields=all")
    more = {name: shown["new:works"][name] for name in ("labels", "parent", "context", "cost_usd", "progress")}
    assert more == {
        "labels": {"agent": "reviewer"},
        "parent": "ci:7",
        "context": {"used": 96_000, "window": 200_000},
        "cost_usd": 1.25,
        "progress": {"done": 3, "of": 7},
    }
    assert shown["new:waits"]["waiting_for"] == "approval"
    known = {name: shown["old:works"][name] for name in FIELD_NAMES if name not in CHANGING}
    assert known.pop("host") is not None
    assert known.pop("worker_id") == eval(workers["old"].do("publisher.worker_id"))
    assert known.pop("labels") == {}
    assert set(known.values()) == {None}


def test_a_new_gateway_tells_how_sessions_of_new_publishers_ended_and_of_old_ones_nothing(
    gateways: dict[str, GatewayProcess], workers: dict[str, WorkerProcess]
) -> None:
    say_all(workers, gateways)
    assert outcomes(gateways["new"]) == {"new:over": "done", "new:works/a1": "cancelled"}
    workers["new"].do("publisher.close()")
    wait_until(lambda: not {"new:works", "new:waits"} & set(gateways["new"].states()), "it has left")
    assert outcomes(gateways["new"]) == {
        "new:over": "done",
        "new:works/a1": "cancelled",
        **{f"new:{key}": "cancelled" for key in ("works", "waits", "streams")},
    }


def test_a_session_goes_on_in_the_other_worker_and_its_question_does_not_come_back(
    gateways: dict[str, GatewayProcess], workers: dict[str, WorkerProcess]
) -> None:
    def do(old: str, new: str) -> None:
        for worker, code in ((workers["old"], old), (workers["new"], new)):
            worker.do(code)
            worker.flush()

    do("publisher.publish('a', 'waiting_for_user')", "publisher.publish('b', 'waiting_for_user')")
    for gateway in gateways.values():
        wait_for(gateway, {"a": "waiting_for_user", "b": "waiting_for_user"})
    do("publisher.publish('b', 'streaming')", "publisher.publish('a', 'thinking')")
    for gateway in gateways.values():
        wait_for(gateway, {"a": "thinking", "b": "streaming"})
    do("publisher.session('b').end()", "publisher.session('a').end()")
    for gateway in gateways.values():
        wait_for(gateway, {})


@pytest.mark.parametrize(("hook", "ingest"), [("old", "new"), ("new", "old")])
def test_a_hook_is_understood_by_the_other_ingest(
    real_redis: RedisServer, gateways: dict[str, GatewayProcess], old: dict[str, str], hook: str, ingest: str
) -> None:
    code = {"old": old, "new": {}}
    with GatewayProcess(real_redis.url, command=INGEST, environment=code[ingest]) as receiver:
        for event in WAITS:
            send(event, receiver.url, code[hook])
        for gateway in gateways.values():
            wait_for(gateway, {"codex:s1": "waiting_for_user"})
        assert rows(gateways["new"])["codex:s1"]["title"] == "shop"
        send({"hook_event_name": "SessionEnd"}, receiver.url, code[hook])
        wait_for(gateways["new"], {})
        assert complaints(receiver) == []


def send(event: dict[str, str], url: str, code: dict[str, str]) -> None:
    """Pass an event on as a command-line agent does, which is told nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "agent_status_publisher.hooks.send", "codex", "--url", url],
        input=json.dumps({"session_id": "s1"} | event).encode(),
        env=code,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
