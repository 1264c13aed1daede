"""The benchmarks run: small sizes, no number is looked at but those that say that they measured something."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest

from bench.clients import Clients
from chaos import need

ROOT = Path(__file__).parents[2]


class Server:
    """A server that sends each client one event, and notes what it asked for."""

    def __init__(self, paths: list[str]) -> None:
        self._paths = paths
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._connections):
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._paths.append(connection.recv(4096).split()[1].decode())
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nevent: change\ndata: {}\n\n")


def run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_fan_out_is_measured_beside_the_floor(tmp_path: Path) -> None:
    need.program("cc", "gcc", "clang")
    only = "ours,streaming_response,send_loop"
    run("fanout", "--clients", "20", "--rounds", "1", "--events", "2", "--only", only, "--output", str(tmp_path))
    rows = json.loads((tmp_path / "fanout.json").read_text("utf-8"))["rows"]
    delivered = {row["subject"]: row["samples"] for row in rows if row["measure"].startswith("delivered")}
    assert delivered == {"ours": [100.0], "streaming_response": [100.0], "send_loop": [100.0]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "measures"),
    [
        ("fleet", {"loop held, p99", "CPU", "memory", "other requests, longest", "joins", "reports"}),
        ("change", {"CPU of one change"}),
        ("reading", {"Redis's bytes for a reading", "longest call of the script"}),
        ("fresh", {"exec to the whole JSON", "/livez after that, longest"}),
    ],
)
def test_a_fleet_is_measured(name: str, measures: set[str], tmp_path: Path) -> None:
    need.program("cc", "gcc", "clang")
    run(name, "--scale", "0.002", "--rounds", "1", "--output", str(tmp_path))
    rows = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))["rows"]
    assert measures <= {row["measure"] for row in rows}
    assert all(len(row["samples"]) == 1 for row in rows)
    medians = {row["measure"]: row["median"] for row in rows}
    assert all(medians[measure] > 0 for measure in measures - {"CPU of one change"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "measures"),
    [
        (
            "views-many",
            {"CPU per event, all", "CPU per event of plain clients", "events", "changes of the folded sample"},
        ),
        ("views-fleet", {"CPU", "memory", "events", "reports", "changes of the folded sample"}),
        ("views-first", {"a first change comes after"}),
        ("views-own", {"CPU to connect", "CPU of one change"}),
        ("views-memory", {"memory per client"}),
        ("views-bytes", {"bytes to a client"}),
    ],
)
def test_views_are_measured(name: str, measures: set[str], tmp_path: Path) -> None:
    need.program("cc", "gcc", "clang")
    run(name, "--scale", "0.002", "--rounds", "1", "--output", str(tmp_path))
    rows = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))["rows"]
    medians = {row["measure"]: row["median"] for row in rows if row["samples"]}
    assert measures <= medians.keys()
    assert all(medians[measure] > 0 for measure in measures - {"CPU of one change", "memory per client"})


@pytest.mark.slow
def test_plain_clients_are_measured_beside_another_checkout(tmp_path: Path) -> None:
    need.program("cc", "gcc", "clang")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    sizes = ("--scale", "0.01", "--rounds", "1", "--output", str(tmp_path))
    run("views-plain", "--checkout", str(tmp_path), *sizes)
    rows = json.loads((tmp_path / "views-plain.json").read_text("utf-8"))["rows"]
    costs = {row["subject"]: row["median"] for row in rows if row["measure"] == "CPU per event"}
    assert len(costs) == 3
    assert all(cost > 0 for cost in costs.values())


def test_clients_send_their_requests_in_turn() -> None:
    need.program("cc", "gcc", "clang")
    paths: list[str] = []
    with Server(paths) as server, Clients(server.port, ["/one", "/two"], "event: change") as clients:
        clients.connect(3, window=1)
        clients.wait_events(1, 10.0)
        assert clients.report()["events"] == 3
    assert paths == ["/one", "/two", "/one"]


@pytest.mark.slow
def test_a_soak_with_a_large_fleet_in_the_background_ends_in_peace(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.soak", "--minutes", "0.05", "--clients", "2", "--workers", "1"]
    command += ["--sessions", "300", "--seed", "1", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    stored = json.loads((tmp_path / "soak.json").read_text("utf-8"))
    assert (stored["sessions"], stored["wrong"]) == (300, [])


def test_another_checkout_must_have_an_environment(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "beside", "--checkout", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "must be a checkout with an environment" in done.stderr


def test_an_unknown_measurement_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "speed"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "there is no 'speed'" in done.stderr


@pytest.mark.slow
def test_a_faults_recovery_is_measured_and_held_against_its_bound(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bench.faults",
        "--only",
        "session-moved",
        "--runs",
        "1",
        "--output",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "faults.json").read_text("utf-8"))["rows"]
    assert [len(row["samples"]) for row in rows] == [1, 1]
