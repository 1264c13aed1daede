"""Pure: the workers as lines. Each is a row, with columns that `awk` can cut."""

from collections.abc import Callable
from typing import Any, Final

from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.presentation import duration, has_words
from agent_status_gateway.plain_text import plain
from agent_status_gateway.state.views.query import one_of
from agent_status_gateway.state.workers import Workers, WorkerStatus

HEADINGS = ("host", "pid", "state", "last-report", "uptime", "sessions", "worker")
RANKS: Final = {"lost": 0, "live": 1, "left": 2}
"""Ranks of the states: somebody has to look after a lost worker."""
ORDERS: Final[dict[str, Callable[[WorkerStatus], Any]]] = {
    "host": lambda worker: (worker["host"], worker["pid"], worker["worker_id"]),
    "state": lambda worker: RANKS.get(worker["state"], len(RANKS)),
    "last-report": lambda worker: -worker["last_heard_seconds"],
    "uptime": lambda worker: -worker["uptime_seconds"],
    "sessions": lambda worker: -len(worker["sessions"]),
}
"""Orders by the name of their heading. Lost workers, and those with the greatest numbers, come first."""


def select_workers(workers: Workers, matching: str = "", order: str | None = None) -> Workers:
    """Workers that have all these words, in this order. Equal ones stay as the gateway has them: by host and process.

    Raises:
        ReaderError: There is no such order.
    """
    if order is not None and order not in ORDERS:
        raise ReaderError(f"--sort: {order!r} is not an order; expected {one_of(ORDERS)}")
    rows = [worker for worker in workers["workers"] if _matches(worker, matching)]
    return {**workers, "workers": rows if order is None else sorted(rows, key=ORDERS[order])}


def worker_lines(workers: Workers, none: str = "no workers") -> list[str]:
    """Line of headings and one for each worker; the sentence `none` if there are none."""
    rows = [HEADINGS, *(_cells(worker) for worker in workers["workers"])]
    if len(rows) == 1:
        return [none]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _matches(worker: WorkerStatus, text: str) -> bool:
    """True if each word is in the worker's host, process, state, name, or a key of its sessions, in any case."""
    fields = (worker["host"], str(worker["pid"]), worker["state"], worker["worker_id"], *worker["sessions"])
    return has_words(fields, text)


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
