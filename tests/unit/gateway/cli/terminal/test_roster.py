"""Who the workers are, as lines."""

from agent_status_gateway.cli.terminal.roster import worker_lines
from agent_status_gateway.state.workers import WorkerStatus


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
