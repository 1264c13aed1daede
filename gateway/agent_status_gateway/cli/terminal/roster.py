"""Pure: the workers as lines. Each is a row, with columns that `awk` can cut."""

from agent_status_gateway.cli.terminal.presentation import duration
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.workers import Workers, WorkerStatus

HEADINGS = ("host", "pid", "state", "last-report", "uptime", "sessions", "worker")


def worker_lines(workers: Workers) -> list[str]:
    """Line of headings and one for each worker; a sentence if there are none."""
    rows = [HEADINGS, *(_cells(worker) for worker in workers["workers"])]
    if len(rows) == 1:
        return ["no workers"]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(worker: WorkerStatus) -> tuple[str, ...]:
    return (
        plain(worker["host"]).replace(" ", "_") or "?",
        str(worker["pid"]),
        worker["state"],
        duration(worker["last_heard_seconds"]).replace(" ", ""),
        duration(worker["uptime_seconds"]).replace(" ", ""),
        f"{len(worker['sessions'])}/{worker['max_concurrent'] or '-'}",
        plain(worker["worker_id"]),
    )
