"""One Redis: what write.lua and read.lua do to it, in plain Python, by a clock of its own that can be stepped."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent_status_publisher.contract.reading import KEPT, NAMED
from agent_status_publisher.contract.report import KEPT_MS
from chaos.workers.reports import EPOCH_MS
from tests.model.timeline import Timeline

STEP_MS: Final = 250
"""Milliseconds by which a worker's clock and Redis's may differ between two reports."""


class RefusedError(Exception):
    """This Redis takes no writes now, as a full or a demoted one."""


@dataclass
class Hash:
    """A worker's newest report, for as long as it is kept."""

    seq: int
    at_ms: int
    record: bytes
    ends_at_ms: int


@dataclass
class Stored:
    """All that a server has on disk, or a replica of it has got so far."""

    hashes: dict[str, Hash] = field(default_factory=dict)
    index: dict[str, int] = field(default_factory=dict)  # worker id → score
    index_ends_at_ms: int = 0
    kept: dict[str, int] = field(default_factory=dict)  # worker id → score
    starts: dict[str, dict[str, int]] | None = None  # session key → worker id → when its newest run began
    memory: str = ""
    used_at_ms: int = 0


class SimulatedRedis:
    """TTLs end by the same clock that is stepped, as in the real one."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._ahead_ms = 0
        self._stored = Stored()
        self._copy = Stored()
        self.subscribers: dict[object, Callable[[bytes], None]] = {}
        self.closers: dict[object, Callable[[], None]] = {}
        self.server = 1
        """Which server the name leads to: connections do not outlive a fail-over."""
        self.takes_writes = True
        self.is_mute = False
        """The workers have no right to PUBLISH."""

    @property
    def time_ms(self) -> int:
        return EPOCH_MS + round(self._timeline.now * 1000) + self._ahead_ms

    def write(self, keys: Sequence[str], arguments: Sequence[Any]) -> list[Any]:
        """What write.lua does."""
        if not self.takes_writes:
            raise RefusedError
        _, worker, seq, ttl_ms, record, _, *runs = arguments
        self._expire()
        known = self._stored.hashes.get(keys[0])
        if known is not None and seq <= known.seq:
            return [0, known.seq, b""]
        now = self.time_ms
        if refusal := self._remember(worker, seq, -1 if known is None else known.seq, runs):
            return refusal
        kept_until_ms = now + max(ttl_ms, KEPT_MS)
        self._stored.hashes[keys[0]] = Hash(seq, now, record, kept_until_ms)
        self._stored.kept[worker] = kept_until_ms
        self._stored.index[worker] = now + ttl_ms
        self._stored.index = {name: score for name, score in self._stored.index.items() if score >= now}
        self._stored.index_ends_at_ms = max(self._stored.index_ends_at_ms, now + ttl_ms)
        if self.is_mute:
            return [1, now, b"NOPERM", self._stored.memory.encode()]
        for publish in list(self.subscribers.values()):
            publish(f"{worker} {seq} {now} ".encode() + record)
        return [1, now, b"", self._stored.memory.encode()]

    def read(self, _keys: Sequence[str], arguments: Sequence[Any]) -> list[Any]:
        """What read.lua does."""
        self._expire()
        prefix, max_workers, max_bytes, scope, *pairs = arguments
        named = dict(zip((_text(worker) for worker in pairs[::2]), pairs[1::2], strict=True))
        index = self._stored.kept if scope == KEPT else self._stored.index
        in_time = [worker for worker, score in index.items() if score >= self.time_ms]
        workers = list(named) if scope == NAMED else in_time
        rows = [[worker.encode()] for worker in named if worker not in workers]
        if scope != NAMED and len(workers) > max_workers:
            return [str(self.time_ms).encode(), [worker.encode() for worker in workers], *rows]
        left: list[bytes] = []
        size = 0
        for worker in workers:
            report = self._stored.hashes.get(prefix + worker)
            if report is None:
                rows += [[worker.encode()]] if worker in named else []
            elif f"{report.seq} {report.at_ms}" == named.get(worker, ""):
                continue
            elif size >= max_bytes:
                left.append(worker.encode())
            else:
                size += len(report.record)
                rows.append([worker.encode(), str(report.seq).encode(), str(report.at_ms).encode(), report.record])
        return [str(self.time_ms).encode(), left, *rows]

    def _remember(self, worker: str, seq: int, stored_seq: int, runs: Sequence[Any]) -> list[Any]:
        """Who has begun what; a refusal if the report asks what has been answered or builds on what is gone."""
        memory, base_seq, base_at_ms, number, *pairs = runs
        rows = list(zip(pairs[::2], pairs[1::2], strict=True))
        begun, waiting = rows[:number], rows[number:]
        stored, now = self._stored, self.time_ms
        if stored.used_at_ms > now:
            stored.starts = None
        is_same = stored.starts is not None and memory == stored.memory
        if base_seq == "":  # all are named
            if is_same and now < base_at_ms - STEP_MS:
                stored.starts = None
        elif memory and not (is_same and stored_seq >= base_seq and abs(now - base_at_ms) <= STEP_MS):
            return [3, b"", b""]
        starts = stored.starts or {}
        answered = [
            key.encode()
            for key, waited_ms in waiting
            if any(who != worker and began > now - waited_ms for who, began in starts.get(key, {}).items())
        ]
        if answered:
            return [2, *answered]
        if stored.starts is None:
            stored.starts, stored.memory = {}, f"{worker}.{seq}"
        for key, run_ms in begun:
            stored.starts.setdefault(key, {})[worker] = now - run_ms
        stored.used_at_ms = now
        return []

    def step_clock(self, seconds: float) -> None:
        self._ahead_ms += round(seconds * 1000)

    def wipe(self) -> None:
        self._stored = Stored()

    def replicate(self) -> None:
        """The copy that a fail-over would lead to is as new as the server, for this moment."""
        self._copy = copy.deepcopy(self._stored)

    def fail_over(self) -> None:
        """Have the name lead to the copy, and close every connection."""
        self._stored = copy.deepcopy(self._copy)
        self.server += 1
        self.subscribers.clear()
        closers, self.closers = self.closers, {}
        for close in closers.values():
            close()

    def _expire(self) -> None:
        now = self.time_ms
        stored = self._stored
        stored.hashes = {key: report for key, report in stored.hashes.items() if report.ends_at_ms > now}
        if stored.index_ends_at_ms <= now:
            stored.index = {}


def _text(worker: str | bytes) -> str:
    return worker.decode() if isinstance(worker, bytes) else worker
