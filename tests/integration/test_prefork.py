"""gunicorn and Celery, for real: they fork workers that publish, stop them, and kill them."""

import os
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.gateway_thread import GatewayThread
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.terms import Terms
from chaos.wait import let_pass, wait_until
from tests.support.programs.locked_environment import INSTALL_SECONDS, PYTHONPATH, locked_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 120)]

TERMS: Final = Terms(heartbeat_seconds=0.3, lease_seconds=1.5, error_ttl_seconds=2, debounce_seconds=0.1)
CONCURRENT: Final = 7
"""Each worker's `max_concurrent`: the sum in the snapshot shows how many workers there are."""
PUBLISHER: Final = f"""
import os, threading, time
from agent_status_publisher import StatusPublisher
publisher = StatusPublisher(max_concurrent={CONCURRENT}, **{TERMS.of_publisher})
"""
WEB: Final = """
def app(environ, start_response):
    if environ["PATH_INFO"] == "/open":
        publisher.session(f"web:{os.getpid()}").streaming()
        assert publisher.flush(5)
    else:
        with publisher.session(f"block:{os.getpid()}"):
            time.sleep(60)
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""
TASKS: Final = """
from celery import Celery
app = Celery("tasks", broker=os.environ["BROKER"])
app.conf.broker_connection_retry_on_startup = True

@app.task
def work(number, until):
    with publisher.session(f"celery:{number}") as session, session.tool("sleep"):
        assert publisher.flush(5)
        while not os.path.exists(until):
            time.sleep(0.05)

@app.task(soft_time_limit=0.5)
def exceed(number):
    with publisher.session(f"celery:{number}"):
        while True:
            time.sleep(0.01)

@app.task(time_limit=0.5)
def overstay(number):
    work(number, "never")

@app.task
def tell_who():
    work(os.getpid(), "never")
"""


@pytest.fixture(scope="module")
def environment() -> Path:
    return locked_environment("prefork")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    made = RedisServer()
    yield made
    made.close()


@pytest.fixture
def gateway(server: RedisServer) -> Iterator[GatewayThread]:
    with GatewayThread(server.url, **TERMS.of_gateway) as made:
        yield made.ready()


@dataclass
class Running:
    """A program that forks; what it says is in its log."""

    process: subprocess.Popen[bytes]
    log_path: Path

    def log(self) -> str:
        return self.log_path.read_text("utf-8", "replace")

    def stop(self) -> None:
        """As a supervisor does it: it ends by itself, in time, and nothing in it went wrong."""
        self.process.terminate()
        self.process.wait(20)
        assert self.process.returncode == 0, self.log()
        assert "Traceback" not in self.log(), self.log()


@contextmanager
def running(command: list[str | Path], folder: Path, settings: dict[str, str]) -> Iterator[Running]:
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".log") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=settings | {"PYTHONPATH": f"{folder}:{PYTHONPATH}"}, stdout=log, stderr=log
        )
        try:
            yield Running(process, Path(log.name))
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


@contextmanager
def gunicorn(environment: Path, folder: Path, server: RedisServer, program: str, *options: str) -> Iterator[Running]:
    """Two workers; `program` is what their module says after the publisher is made."""
    (folder / "agent.py").write_text(PUBLISHER + program)
    settings = clean_environment({"redis_url": server.url})
    command: list[str | Path] = [environment / "bin" / "gunicorn", "--workers", "2", "--no-control-socket"]
    command += [*options, "agent:app"]
    with running(command, folder, settings) as made:
        yield made


def open_on_both(port: int) -> set[int]:
    """The processes that answered: each has opened a session of its own."""
    answered: set[int] = set()

    def ask() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/open", timeout=5) as response:
                answered.add(int(response.read()))
        except OSError:
            return False
        return len(answered) == 2

    wait_until(ask, "both workers have answered", 20)
    return answered


def workers_in(gateway: GatewayThread) -> float:
    concurrent: int = gateway.snapshot()["global"]["max_concurrent"]
    return concurrent / CONCURRENT


def wait_for(gateway: GatewayThread, states: dict[str, str], *, workers: int | None = None) -> None:
    wait_until(
        lambda: gateway.states() == states and workers in {None, workers_in(gateway)},
        f"the gateway shows {states} of {workers} workers",
        30,
    )


@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["each imports", "preloaded"])
def test_gunicorns_workers_are_one_each_its_parent_is_none_and_their_end_ends_their_sessions(
    environment: Path,
    tmp_path: Path,
    server: RedisServer,
    gateway: GatewayThread,
    preload: tuple[str, ...],
    worker_class: str,
) -> None:
    port = free_port()
    options = ("--bind", f"127.0.0.1:{port}", "--worker-class", worker_class, *preload)
    with gunicorn(environment, tmp_path, server, WEB, *options) as program:
        children = open_on_both(port)
        wait_for(gateway, {f"web:{child}": "streaming" for child in children}, workers=2)
        let_pass(2 * TERMS.lease_seconds)
        wait_for(gateway, {f"web:{child}": "streaming" for child in children}, workers=2)
        program.stop()
        wait_for(gateway, {}, workers=0)


def test_a_preloaded_parent_that_publishes_is_a_worker_of_its_own(
    environment: Path, tmp_path: Path, server: RedisServer, gateway: GatewayThread
) -> None:
    port = free_port()
    program = "publisher.session('parent:1').streaming()\nassert publisher.flush(5)\n" + WEB
    with gunicorn(environment, tmp_path, server, program, "--bind", f"127.0.0.1:{port}", "--preload") as running_one:
        shown = {f"web:{child}": "streaming" for child in open_on_both(port)}
        wait_for(gateway, shown | {"parent:1": "streaming"}, workers=3)
        running_one.stop()
        wait_for(gateway, {}, workers=0)


def test_a_gunicorn_worker_that_is_killed_is_lost_by_the_lease_and_the_next_one_is_a_worker_of_its_own(
    environment: Path, tmp_path: Path, server: RedisServer, gateway: GatewayThread
) -> None:
    port = free_port()
    with gunicorn(environment, tmp_path, server, WEB, "--bind", f"127.0.0.1:{port}", "--preload") as program:
        killed, kept = sorted(open_on_both(port))
        wait_for(gateway, {f"web:{killed}": "streaming", f"web:{kept}": "streaming"}, workers=2)
        os.kill(killed, signal.SIGKILL)
        wait_for(gateway, {f"web:{killed}": "error", f"web:{kept}": "streaming"}, workers=1)
        wait_for(gateway, {f"web:{kept}": "streaming"}, workers=1)
        shown = {f"web:{child}": "streaming" for child in open_on_both(port)}
        assert f"web:{killed}" not in shown
        wait_for(gateway, shown, workers=2)
        program.stop()


def test_a_gunicorn_worker_that_is_aborted_for_its_timeout_does_not_hang_and_shows_no_live_session(
    environment: Path, tmp_path: Path, server: RedisServer, gateway: GatewayThread
) -> None:
    port = free_port()
    options = ("--bind", f"127.0.0.1:{port}", "--timeout", "2")
    with gunicorn(environment, tmp_path, server, WEB, *options) as program:
        open_on_both(port)
        with pytest.raises(OSError, match=r"500|closed|reset"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/block", timeout=20).close()
        wait_until(lambda: "WORKER TIMEOUT" in program.log(), "gunicorn aborts it")
        wait_until(lambda: not any(key.startswith("block:") for key in gateway.states()), "its session is gone")
        program.process.terminate()
        assert program.process.wait(20) == 0


def with_broker(server: RedisServer) -> dict[str, str]:
    return clean_environment({"redis_url": server.url}) | {"BROKER": f"redis+socket://{server.socket}"}


@contextmanager
def celery(environment: Path, folder: Path, server: RedisServer, *options: str) -> Iterator[Running]:
    """A worker with two children. The test's own server is its broker, too."""
    (folder / "tasks.py").write_text(PUBLISHER + TASKS)
    command: list[str | Path] = [environment / "bin" / "celery", "--app", "tasks", "worker", "--pool", "prefork"]
    command += ["--concurrency", "2", "--loglevel", "INFO", *options]
    with running(command, folder, with_broker(server)) as made:
        wait_until(lambda: " ready." in made.log(), f"Celery is ready; it says: {made.log()}", 30)
        yield made


def call(environment: Path, folder: Path, server: RedisServer, *calls: str) -> None:
    """By another process, which publishes nothing itself."""
    subprocess.run(
        [environment / "bin" / "python", "-c", "import tasks\n" + "\n".join(f"tasks.{one}" for one in calls)],
        cwd=folder,
        env=with_broker(server) | {"PYTHONPATH": f"{folder}:{PYTHONPATH}"},
        check=True,
        timeout=30,
    )


@pytest.mark.parametrize("options", [(), ("--max-tasks-per-child", "1")], ids=["kept", "one task each"])
def test_celerys_children_are_workers_its_parent_is_none_and_tasks_end_their_sessions(
    environment: Path, tmp_path: Path, server: RedisServer, gateway: GatewayThread, options: tuple[str, ...]
) -> None:
    with celery(environment, tmp_path, server, *options) as program:
        for first in (0, 2):
            end = tmp_path / f"end {first}"  # a child may begin long after the other, so each works until both are seen
            calls = (f"work.delay({first + number}, {str(end)!r})" for number in range(2))
            call(environment, tmp_path, server, *calls)
            wait_for(gateway, {f"celery:{first + number}": "tool_running" for number in range(2)})
            end.touch()
            wait_for(gateway, {})
        wait_for(gateway, {}, workers=0 if options else 2)  # new children have not called yet
        program.stop()
        wait_for(gateway, {}, workers=0)


def test_a_celery_task_past_its_soft_limit_is_an_error_and_one_past_its_hard_limit_is_an_end(
    environment: Path, tmp_path: Path, server: RedisServer, gateway: GatewayThread
) -> None:
    """The hard limit is a SIGTERM, which Celery's children raise as SystemExit."""
    with celery(environment, tmp_path, server) as program:
        call(environment, tmp_path, server, "exceed.delay(1)")
        wait_for(gateway, {"celery:1": "error"}, workers=1)
        (row,) = gateway.snapshot()["sessions"]
        assert "SoftTimeLimitExceeded" in row["error_message"]
        wait_for(gateway, {})
        call(environment, tmp_path, server, "overstay.delay(2)")
        wait_for(gateway, {"celery:2": "tool_running"})
        wait_for(gateway, {})
        program.process.terminate()
        assert program.process.wait(20) == 0, program.log()


def test_a_celery_child_that_is_killed_is_lost_by_the_lease(
    environment: Path, tmp_path: Path, server: RedisServer, gateway: GatewayThread
) -> None:
    with celery(environment, tmp_path, server) as program:
        call(environment, tmp_path, server, "tell_who.delay()")
        wait_until(lambda: len(gateway.states()) == 1, "the gateway shows the task")
        (key,) = gateway.states()
        os.kill(int(key.partition(":")[2]), signal.SIGKILL)
        wait_for(gateway, {key: "error"}, workers=0)
        (row,) = gateway.snapshot()["sessions"]
        assert row["error_message"] == "worker lost"
        wait_for(gateway, {})
        program.process.terminate()
        assert program.process.wait(20) == 0, program.log()
