"""What dashboards see when worker and gateway processes die, freeze, fork, or hand their sessions over."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaos.faults.fault import FAULTS, in_processes, ordinary
from chaos.faults.processes import block_an_event_loop
from chaos.gateways.gateway_process import clean_environment
from chaos.stage import Stage
from chaos.terms import QUICK

PROLOGUE = f"""
import asyncio, multiprocessing, os, signal, sys, time, warnings
from agent_status_publisher import StatusPublisher
publisher = StatusPublisher(**{QUICK.of_publisher})
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ordinary(QUICK, False) as made:
        yield made


def run(stage: Stage, body: str, *, status: int = 0) -> tuple[str, float]:
    """A program to its end: what it said on both, and how long it took. It must say no traceback."""
    started_at = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROLOGUE + textwrap.dedent(body)],
        env=clean_environment({"redis_url": stage.redis_url}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout, time.monotonic() - started_at


def test_a_killed_workers_sessions_are_lost_by_the_lease_on_every_replica_in_the_same_second(stage: Stage) -> None:
    FAULTS["worker-killed"].suffer(stage)


def test_a_frozen_workers_sessions_are_all_right_within_a_heartbeat_of_its_waking(stage: Stage) -> None:
    FAULTS["worker-frozen"].suffer(stage)


def test_a_worker_restarted_in_place_wins_at_once_and_the_old_ones_expiry_takes_nothing(stage: Stage) -> None:
    FAULTS["worker-restarted"].suffer(stage)


def test_a_worker_that_hands_over_to_a_new_process_takes_nothing_from_it_by_its_goodbye(stage: Stage) -> None:
    FAULTS["worker-handed-over"].suffer(stage)


def test_a_session_that_moves_is_never_twice_and_never_missing_on_either_replica(stage: Stage) -> None:
    FAULTS["session-moved"].suffer(stage)


def test_an_agent_that_blocks_its_event_loop_past_the_lease_loses_nothing(stage: Stage) -> None:
    assert block_an_event_loop(stage, QUICK.lease_seconds + 0.5).snapshot_seconds < 1.2


@pytest.mark.slow
def test_an_agent_that_blocks_its_event_loop_for_a_minute_loses_nothing(stage: Stage) -> None:
    FAULTS["event-loop-blocked"].suffer(stage)


@pytest.mark.slow
def test_the_clients_of_a_killed_gateway_are_right_on_another_replica_within_their_retry_and_a_second() -> None:
    busy = replace(QUICK, looking_seconds=3.0)  # a thousand clients and the replicas share the machine
    with in_processes(busy, True) as stage:
        FAULTS["gateway-killed"].suffer(stage)


def test_prefork_workers_report_what_they_do_and_a_parent_that_only_forks_is_not_a_worker(stage: Stage) -> None:
    stage.settle()
    said, _ = run(
        stage,
        """
        for number in range(3):
            if os.fork() == 0:
                with publisher.session(f'fork:{number}'):
                    publisher.flush()
                    print(publisher.worker_id, flush=True)
                sys.exit()
            os.wait()
        assert publisher.worker_id is None
        """,
    )
    assert len(set(said.split())) == 3, "each child is a worker of its own"
    stage.settle()
    with stage.server.client() as client:
        known = {name.decode() for name in client.zrange("agent-status:{default}:workers", 0, -1)}
    assert set(said.split()) <= known
    assert stage.replicas[0].snapshot()["global"]["max_concurrent"] == 5 * len(stage.workers), "no phantom parent"


@pytest.mark.parametrize(
    "method", ["fork", *(pytest.param(name, marks=pytest.mark.slow) for name in ("spawn", "forkserver"))]
)
def test_the_sessions_of_multiprocessing_children_end_or_are_lost_by_the_lease_and_nothing_hangs(
    stage: Stage, method: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stage.settle()
    script = tmp_path_factory.mktemp("program") / "program.py"
    script.write_text(
        PROLOGUE
        + textwrap.dedent(f"""
        def child(number):
            publisher.session(f'child:{{number}}').streaming()
            assert publisher.flush(5)
        if __name__ == '__main__':
            context = multiprocessing.get_context('{method}')
            with context.Pool(2) as pool:
                pool.map(child, range(4))
                pool.close()
                pool.join()
        """)
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(script)],
        env=clean_environment({"redis_url": stage.redis_url, "pythonpath": ""})
        | {"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    stage.settle()


def test_an_asyncio_run_that_is_interrupted_ends_its_sessions_without_a_traceback_of_ours(stage: Stage) -> None:
    stage.settle()
    _, seconds = run(
        stage,
        """
        async def main():
            async with publisher:
                publisher.session('cancelled:1')
                await publisher.aflush()
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.sleep(20)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            pass
        """,
    )
    assert seconds < 10
    stage.settle()


def test_an_end_without_close_is_a_goodbye_and_one_by_os_exit_is_lost_by_the_lease(stage: Stage) -> None:
    stage.settle()
    run(stage, "publisher.session('left:1'); publisher.flush()")
    stage.settle()
    assert "error" not in stage.replicas[0].states().values()
    run(stage, "publisher.session('gone:1'); publisher.flush(); os._exit(3)", status=3)
    ended_at = time.monotonic()
    lost = stage.expected | {"gone:1": "error"}
    assert stage.recovery(ended_at, 10, lost).snapshot_seconds < QUICK.lease_seconds + 1
    stage.settle()
