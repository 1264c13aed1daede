"""The commands in pipes: the bytes that scripts rely on, and those that options add."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from agent_status_gateway.paths import WORKERS_PATH
from chaos.gateways.gateway_process import clean_environment
from tests.support.gateways.answering import Request, answering
from tests.unit.gateway.cli.terminal.snapshots import row, snapshot

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-m", "agent_status_gateway")
ROWS = [
    row("ci:7", title="Run the tests", token_usage={"input": 12_000, "output": 345}),
    row("web:1", title="Fix \x1b[31mauth", state="error", error_message="no \u202eway", duration_seconds=3.0),
    row("web:2", state="waiting_for_user", duration_seconds=4000.0),
]
MORE: dict[str, dict[str, Any]] = {
    "ci:7": {"labels": {"team": "core"}, "link": "https://github.com/a", "host": "box-7"},
    "web:1": {"labels": {}, "link": None, "host": "box-8"},
    "web:2": {"labels": {"team": "app"}, "link": None, "host": "box-8"},
}
FLEET = snapshot(*ROWS)
WORKER = {"pid": 42, "max_concurrent": 5, "uptime_seconds": 3700, "last_heard_seconds": 2.3, "lease_seconds": 15.0}
WORKERS: dict[str, Any] = {
    "workers": [
        {"worker_id": "w1", "host": "box 7", "state": "live", "sessions": ["ci:7"], **WORKER},
        {"worker_id": "w2", "host": "box-8", "state": "lost", "sessions": ["web:1", "web:2"], **WORKER},
    ]
}
SHOWN = """\
degraded  3 of 5 sessions · up 1h 1m
connected to {url}

session        channel  state             in state  tokens
2              web      waiting for user     1h 6m
Fix  [31mauth  web      error: no  way          3s
Run the tests  ci       thinking            1m 15s   12.3k
"""


@pytest.fixture
def gateway() -> Iterator[str]:
    """The address of a gateway with a fleet that never changes."""

    def answer(request: Request) -> None:
        told: Any = WORKERS if request.path == WORKERS_PATH else FLEET
        if "fields=" in request.path:
            asked = request.path.partition("fields=")[2].split(",")
            rows = [one | {name: MORE[one["session_key"]].get(name) for name in asked} for one in ROWS]
            told = {**FLEET, "sessions": rows}
        body = orjson.dumps(told)
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with answering(answer) as url:
        yield url


def piped(url: str, *arguments: str) -> str:
    """What a command writes into a pipe."""
    ended = subprocess.run(
        [*COMMAND, *arguments, "--url", url], env=clean_environment({}), capture_output=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    return ended.stdout.decode()


def test_show_and_workers_write_the_same_bytes_as_ever_without_the_new_options(gateway: str) -> None:
    assert piped(gateway, "show") == SHOWN.format(url=gateway)
    assert piped(gateway, "workers") == (
        "host   pid  state  last-report  uptime  sessions  worker\n"
        "box_7  42   live   2s           1h1m    1/5       w1\n"
        "box-8  42   lost   2s           1h1m    2/5       w2\n"
    )
    assert json.loads(piped(gateway, "show", "--json")) == FLEET
    assert json.loads(piped(gateway, "workers", "--json")) == WORKERS


def test_show_groups_and_tells_more(gateway: str) -> None:
    assert piped(gateway, "show", "--group-by", "label.team", "--fields", "link,host").splitlines()[4:] == [
        "",
        "app: 1 session: 1 waiting for user",
        "2              web      waiting for user     1h 6m",
        "  host box-8",
        "",
        "core: 1 session: 1 thinking",
        "Run the tests  ci       thinking            1m 15s   12.3k",
        "  link github.com  https://github.com/a · host box-7",
        "",
        "Without the label team: 1 session: 1 in error",
        "Fix  [31mauth  web      error: no  way          3s",
        "  host box-8",
    ]
    told = json.loads(piped(gateway, "show", "--json", "--fields", "host", "--filter", "ci:7"))
    assert [one["host"] for one in told["sessions"]] == ["box-7"]


def test_workers_are_sorted_and_filtered(gateway: str) -> None:
    assert [line.split()[-1] for line in piped(gateway, "workers", "--sort", "state").splitlines()] == [
        "worker",
        "w2",
        "w1",
    ]
    filtered = json.loads(piped(gateway, "workers", "--json", "--filter", "CI:7 live"))
    assert [one["worker_id"] for one in filtered["workers"]] == ["w1"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "--group-by", "chanel"), "--group-by: 'chanel' is not a way to group; expected 'channel', 'state', "),
        (("show", "--group-by", "host", "--json"), "--group-by is not possible with --json, "),
        (("show", "--fields", "hots"), "--fields: 'hots' is not a field; expected 'all', 'labels', "),
        (("workers", "--sort", "age"), "--sort: 'age' is not an order; expected 'host', 'state', "),
    ],
)
def test_a_wrong_option_is_a_sentence_that_names_it(gateway: str, arguments: tuple[str, ...], sentence: str) -> None:
    ended = subprocess.run(
        [*COMMAND, *arguments, "--url", gateway], env=clean_environment({}), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"agent-status-gateway: {sentence}")
    assert len(ended.stderr.splitlines()) == 1


def test_a_gateway_that_is_too_old_for_fields_is_named_so() -> None:
    def answer(request: Request) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(orjson.dumps(FLEET))

    with answering(answer) as url:
        ended = subprocess.run(
            [*COMMAND, "show", "--fields", "host", "--url", url], env=clean_environment({}), capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ended.returncode == 2
        assert "is older than this command and does not know --fields" in ended.stderr


@pytest.mark.parametrize(
    ("output", "reason"),
    [("/dev/full", "the output cannot be written: No space left on device"), ("&-", "the output is closed")],
)
@pytest.mark.parametrize("command", ["show", "workers --json"])
def test_an_output_that_takes_nothing_ends_a_command_with_a_sentence(
    gateway: str, command: str, output: str, reason: str
) -> None:
    script = f"exec {' '.join(COMMAND)} {command} --url {gateway} >{output}"
    done = subprocess.run(
        ["sh", "-c", script], env=clean_environment({}), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (2, f"agent-status-gateway: {reason}\n")


def test_notes_are_left_out_if_nobody_can_read_them() -> None:
    script = f"exec timeout 3 {' '.join(COMMAND)} watch --json --url http://127.0.0.1:1 2>&-"
    done = subprocess.run(
        ["sh", "-c", script], env=clean_environment({}), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (124, "", "")
