"""Who the workers are, as lines."""

import pytest

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.once.roster import select_workers, worker_lines
from agent_status_gateway.state.workers import Workers, WorkerStatus


def worker(**fields: object) -> WorkerStatus:
    status: WorkerStatus = {
        "worker_id": "w1",
        "host": "build-7",
        "pid": 42,
        "state": "live",
        "sessions": ["web:1", "web:2"],
        "max_concurrent": 5,
        "uptime_seconds": 3700,
        "last_heard_seconds": 2.3,
        "lease_seconds": 15.0,
    }
    return status | fields  # type: ignore[return-value]


def test_each_worker_is_a_row_of_seven_columns() -> None:
    lines = worker_lines({"workers": [worker(), worker(host="a\x1b[31m b", pid=7, state="lost", worker_id="w2")]})
    assert lines == [
        "host      pid  state  last-report  uptime  sessions  worker",
        "build-7   42   live   2s           1h1m    2/5       w1",
        "a_[31m_b  7    lost   2s           1h1m    2/5       w2",
    ]


def test_a_worker_that_does_not_say_how_many_it_could_run_shows_only_what_it_runs() -> None:
    assert worker_lines({"workers": [worker(max_concurrent=0)]})[1].split()[5] == "2/-"


def test_without_any_worker_it_says_so() -> None:
    assert worker_lines({"workers": []}) == ["no workers"]


MANY: Workers = {
    "workers": [
        worker(host="a", pid=1, worker_id="w1", state="live", sessions=["web:1"], last_heard_seconds=1.0),
        worker(host="a", pid=2, worker_id="w2", state="left", sessions=[], last_heard_seconds=40.0),
        worker(host="b", pid=3, worker_id="w3", state="lost", sessions=["ci:1", "ci:2"], last_heard_seconds=20.0),
    ]
}


def names(workers: Workers) -> list[str]:
    return [one["worker_id"] for one in workers["workers"]]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, ["w1", "w2", "w3"]),
        ("host", ["w1", "w2", "w3"]),
        ("state", ["w3", "w1", "w2"]),
        ("last-report", ["w2", "w3", "w1"]),
        ("sessions", ["w3", "w1", "w2"]),
        ("uptime", ["w1", "w2", "w3"]),
    ],
)
def test_workers_are_sorted_with_those_first_that_somebody_looks_for(order: str | None, expected: list[str]) -> None:
    assert names(select_workers(MANY, order=order)) == expected


@pytest.mark.parametrize(("text", "expected"), [("", 3), ("A live", 1), ("ci:2", 1), ("w", 3), ("a lost", 0)])
def test_workers_match_by_every_word(text: str, expected: int) -> None:
    assert len(names(select_workers(MANY, text))) == expected
    assert worker_lines(select_workers(MANY, "nobody"), "no workers match") == ["no workers match"]


def test_an_unknown_order_is_named() -> None:
    with pytest.raises(ReaderError, match="--sort: 'age' is not an order; expected 'host', 'state', "):
        select_workers(MANY, order="age")
