"""Sessions and workers for pictures: made up, and the same each time."""

import random
from typing import Final

from tests.e2e.scripted_gateway import Row, snapshot

TITLES: Final = (
    "Fix auth bug",
    "Migrate billing to the new ledger and backfill three years of invoices",
    "Why is checkout slow on Mondays?",
    "Release notes for 4.2",
    "Flaky test in upload queue",
    None,
    "Summarise yesterday's incidents",
    "Rotate the staging certificates",
    "Übersetzung der Hilfeseiten",
    "Draft the quarterly report",
)
CHANNELS: Final = ("websocket", "discord", "slack", "telegram")
TOOLS: Final = ("bash", "edit_file", "web_search", "read_file", "run_tests")
AGENTS: Final = ("reviewer", "planner", "builder")
REASONS: Final = ("approval", "question", "reply")
ERRORS: Final = ("worker lost", "RateLimitError: 429 from the model provider; retries used up", "TimeoutError")
NEXT: Final = {
    "thinking": ["tool_running", "tool_running", "streaming"],
    "tool_running": ["thinking", "thinking", "tool_running", "error"],
    "streaming": ["waiting_for_user", "thinking", "thinking"],
    "waiting_for_user": ["thinking"],
    "error": ["thinking"],
}
STAY: Final = {"thinking": 0.7, "tool_running": 0.7, "streaming": 0.6, "waiting_for_user": 0.93, "error": 0.75}


class Fleet:
    """Made-up sessions that go through their states on a clock of their own.

    Args:
        size: How many.
        stay: How likely each stays in its state for a step; else it depends on the state.
        has_details: Whether they say more than most do: labels, link, context, cost, progress and where they run.
    """

    def __init__(self, size: int, stay: float | None = None, *, has_details: bool = False) -> None:
        self._has_details = has_details
        self._stay = STAY if stay is None else dict.fromkeys(STAY, stay)
        self._random = random.Random(size + 6)
        self.seconds = 8000.0
        self._size = size
        self._changed: dict[str, float] = {}
        self.rows = [self._row(number) for number in range(size)]
        if has_details:
            self._name_parents()

    def step(self, seconds: float) -> None:
        self.seconds += seconds
        for row in self.rows:
            if self._random.random() > self._stay[row["state"]]:
                self.become(row, self._random.choice(NEXT[row["state"]]))

    def snapshot(self) -> dict[str, object]:
        for row in self.rows:
            row["duration_seconds"] = round(self.seconds - self._changed[row["session_key"]], 1)
        rows = sorted(self.rows, key=lambda row: str(row["session_key"]))
        return snapshot(rows, max_concurrent=max(10, self._size * 4 // 3), uptime_seconds=int(self.seconds))

    def _name_parents(self) -> None:
        """Let every fifth session be the parent of the two after it."""
        for number, row in enumerate(self.rows):
            if number % 5 in {1, 2}:
                row["parent"] = self.rows[number - number % 5]["session_key"]

    def _row(self, number: int) -> Row:
        channel = CHANNELS[number % len(CHANNELS)]
        session_id = f"{self._random.getrandbits(32):08x}"
        row: Row = {
            "session_key": f"{channel}:{session_id}",
            "session_id": session_id,
            "channel": channel,
            "title": TITLES[number % len(TITLES)],
            "state": "thinking",
            "tool_name": None,
            "duration_seconds": 0.0,
            "token_usage": None,
            "error_message": None,
        }
        if self._has_details:
            row |= details(number)
        self.become(row, "thinking")
        self._changed[row["session_key"]] -= self._random.random() * 400
        return row

    def become(self, row: Row, state: str) -> None:
        before = row["token_usage"] or {"input": 0, "output": 0}
        row["state"] = state
        row["tool_name"] = self._random.choice(TOOLS) if state == "tool_running" else None
        if "waiting_for" in row:
            row["waiting_for"] = (
                REASONS[len(row["title"] or "") % len(REASONS)] if state == "waiting_for_user" else None
            )
        row["error_message"] = self._random.choice(ERRORS) if state == "error" else None
        row["token_usage"] = {
            "input": before["input"] + self._random.randrange(9000),
            "output": before["output"] + self._random.randrange(1200),
        }
        self._changed[row["session_key"]] = self.seconds - self._random.random() * 8


def in_need(errors: int, waiting: int) -> dict[str, object]:
    """Sessions that all need a person."""
    fleet = Fleet(errors + waiting)
    for number, row in enumerate(fleet.rows):
        fleet.become(row, "error" if number < errors else "waiting_for_user")
    return fleet.snapshot()


def details(number: int) -> Row:
    """Optional fields of a row."""
    return {
        "labels": {"agent": AGENTS[number % len(AGENTS)], "model": "opus-5", "team": "web" if number % 4 else "ci"},
        "parent": None,
        "link": f"https://git.example.com/shop/pulls/{400 + number}",
        "waiting_for": None,
        "context": {"used": 96_000 + 1000 * number, "window": 200_000},
        "cost_usd": 1.24 + number / 7,
        "progress": {"done": 3, "of": 7},
        "host": f"agents-{1 + number % 3}",
        "worker_id": f"agents-{1 + number % 3}:4711",
        "quiet_seconds": 1.0,
    }


def ended(row: Row, outcome: str, seconds: float) -> dict[str, object]:
    """The end of a session, so many seconds ago."""
    about = {"session_key": row["session_key"], "title": row["title"]}
    error = "429 Too Many Requests: try again in 20 s" if outcome == "failed" else None
    return about | {"outcome": outcome, "error_message": error, "ended_seconds_ago": seconds}


def worker(number: int, state: str) -> dict[str, object]:
    return {
        "worker_id": f"agents-{number}:4711",
        "host": f"agents-{number}",
        "pid": 4711,
        "state": state,
        "sessions": [f"websocket:{session}" for session in range(4 + 3 * number)],
        "max_concurrent": 20,
        "uptime_seconds": 8000 * number,
        "last_heard_seconds": 95.0 if state == "lost" else 2.0,
        "lease_seconds": 30.0,
    }
