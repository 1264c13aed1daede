"""The demo: a whole stack, real work on the board, and nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from chaos import need
from chaos.gateways.gateway_client import GatewayClient
from chaos.gateways.gateway_process import clean_environment
from chaos.ports import free_port
from chaos.wait import wait_until

MAX_OUTPUT_BYTES = 1_000_000


def descendants(pid: int) -> list[int]:
    """All processes that came from this one, by their parents; those in sessions of their own, too."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found[1:]


def read(output: IO[str]) -> str:
    return os.pread(output.fileno(), MAX_OUTPUT_BYTES, 0).decode()  # without moving the writer's place in the file


def exists(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_demo_shows_real_work_and_ctrl_c_leaves_no_process_behind() -> None:
    need.proc()
    client = GatewayClient(free_port())
    with tempfile.TemporaryFile("w+") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "agent_status_gateway", "demo", "--port", str(client.port)],
            env=clean_environment({}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until(lambda: client.probe("/readyz") == 200 or demo.poll() is not None, "the demo is up", 40)
            assert demo.poll() is None, read(output)
            wait_until(lambda: len(client.states()) >= 3, "sessions are shown", 40)
            assert client.snapshot()["global"]["max_concurrent"] >= 3
            tools = {"bash", "read_file", "search", "http_get"}
            wait_until(
                lambda: {row["tool_name"] for row in client.snapshot()["sessions"]} & tools, "a tool is at work", 30
            )
            wait_until(
                lambda: re.search(r"^\S+ fleet (active|degraded) \(", read(output), re.MULTILINE),
                "a line per change, without a terminal",
                30,
            )
            children = descendants(demo.pid)
            assert len(children) >= 6, "a server, a gateway and four workers"
            os.kill(demo.pid, signal.SIGINT)
            assert demo.wait(20) == 0
            wait_until(lambda: not [pid for pid in children if exists(pid)], "no process is left")
            said = read(output)
        finally:
            demo.terminate()
            demo.wait(20)
    assert said.startswith(f"Dashboard  http://localhost:{client.port}\n")
    assert f"http://localhost:{client.port}/api/v1/agent/status/stream" in said
    assert f"curl -N http://localhost:{client.port}" in said
    assert "Traceback" not in said
