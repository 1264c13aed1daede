"""A reading: what Redis holds and its reader does not know, asked for in as few calls of the read script as may be.

Before it comes the fleet, which says what it knows; after it the fleet again, which takes the reading.

Rule 1. A report that is stored as the reader knows it is not sent again: its number and its moment are equal.
Rule 2. One call is one consistent cut. It looks at a bounded number of workers and sends a bounded number of bytes, so
        that Redis is held for a few milliseconds. A fleet of up to 1,000 workers needs one, if little is new.
Rule 3. A larger fleet takes several calls. The first says which workers there are and what the clock shows, and the
        others name the workers that are left. All of them are one reading, as old as the first.
Rule 4. A reading of all that is kept has the reports of workers that are gone, too. It is asked for in the same way,
        from another index.
Rule 5. The reader listens to the channel before its first call, so a report that is written between two calls comes
        there. A worker is never missed, since no call goes by its rank, which changes with each report.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import chain
from typing import Any, Final

from agent_status_publisher.contract.report import MalformedReportError
from agent_status_publisher.contract.wire import Keys, RawReport, Stamp, raw_report

READ_SCRIPT: Final = files(__package__).joinpath("read.lua").read_text("utf-8")
MAX_WORKERS_A_CALL: Final = 1000
"""The most workers that one call looks at. Each costs Redis 1 to 3 µs if its report is known."""
MAX_BYTES_A_CALL: Final = 1024 * 1024
"""The bytes of records after which a call sends no further one."""

ALL: Final = "ALL"
KEPT: Final = "KEPT"
NAMED: Final = "NAMED"
"""The workers that one call is for: see the script."""

Known = Mapping[str, Stamp]
"""The reports that a reader knows, by worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One consistent view of Redis, told as its differences to what the reader knows.

    Attributes:
        time_ms: Redis's clock in milliseconds.
        reports: The reports that differ from the known ones.
        same: The reports that are stored as they are known.
        malformed: What is stored and is not a report.
        left: The ids of workers that this call did not answer for.
    """

    time_ms: int
    reports: tuple[RawReport, ...] = ()
    same: Known = field(default_factory=dict)
    malformed: tuple[MalformedReportError, ...] = ()
    left: tuple[bytes, ...] = ()

    @property
    def stamps(self) -> Known:
        """All reports that are stored, by worker."""
        return {**self.same, **{raw.worker_id: raw.stamp for raw in self.reports}}


def read_arguments(
    keys: Keys,
    named: Iterable[tuple[str | bytes, Stamp | None]] = (),
    *,
    of: str = ALL,
    max_workers: int = MAX_WORKERS_A_CALL,
    max_bytes: int = MAX_BYTES_A_CALL,
) -> tuple[list[str], list[Any]]:
    """Keys and arguments for one call of the read script.

    Args:
        keys: The names of the namespace.
        named: Worker ids, each with its known report's number and moment, or None.
        of: `ALL` to read all workers, `KEPT` for those that are gone as well, `NAMED` for those that are named only.
        max_workers: The most workers of all to look at. If there are more, all of them are left.
        max_bytes: The bytes of records after which no further one is sent.
    """
    arguments: list[Any] = [keys.worker_prefix, max_workers, max_bytes, of]
    for worker_id, known in named:
        arguments += (worker_id, "" if known is None else f"{known.seq} {known.at_ms}")
    return [keys.workers], arguments


def decode_reading(reply: Sequence[Any], named: Known | None = None) -> Reading:
    """Parse the answer of the read script to a call that named these.

    Raises:
        MalformedReportError: The answer has no clock, so another script gave it.
    """
    if len(reply) < 2:  # noqa: PLR2004 - the clock, and which workers are left
        raise MalformedReportError("reading", "an answer without a clock")
    reports: list[RawReport] = []
    malformed: list[MalformedReportError] = []
    left = tuple(map(_as_bytes, reply[1]))
    same = dict(named or {})
    for worker_id in left:
        same.pop(_name_of(worker_id), None)
    for row in reply[2:]:
        worker_id, *rest = map(_as_bytes, row)
        same.pop(_name_of(worker_id), None)
        if rest:
            try:
                reports.append(raw_report(worker_id, *rest))
            except MalformedReportError as error:
                malformed.append(error)
    return Reading(time_ms=int(reply[0]), reports=tuple(reports), same=same, malformed=tuple(malformed), left=left)


class Pieces:
    """The pieces of one reading: which call comes next, and what has come so far."""

    def __init__(
        self,
        keys: Keys,
        known: Known,
        *,
        of: str = ALL,
        max_workers: int = MAX_WORKERS_A_CALL,
        max_bytes: int = MAX_BYTES_A_CALL,
    ) -> None:
        self._keys = keys
        self._known = known
        self._of = of
        self._max_workers = max_workers
        self._max_bytes = max_bytes
        self._named: Known = {}  # in the call that has not been answered
        self._left: deque[bytes] = deque()
        self._taken: list[Reading] = []

    @property
    def is_whole(self) -> bool:
        """True when no further call is needed."""
        return bool(self._taken) and not self._left

    def next_call(self) -> tuple[list[str], list[Any]]:
        """Keys and arguments of the next call, whose answer must be taken before the one after."""
        if self._taken:
            ids = [self._left.popleft() for _ in range(min(self._max_workers, len(self._left)))]
            self._named = {name: known for name in map(_name_of, ids) if (known := self._known.get(name))}
            named = [(worker_id, self._named.get(_name_of(worker_id))) for worker_id in ids]
            return read_arguments(self._keys, named, of=NAMED, max_bytes=self._max_bytes)
        if len(self._known) <= self._max_workers:
            self._named = self._known
            max_workers = self._max_workers
        else:  # the first call only asks which workers there are
            max_workers = 0
        stamps, max_bytes = self._named.items(), self._max_bytes
        return read_arguments(self._keys, stamps, of=self._of, max_workers=max_workers, max_bytes=max_bytes)

    def take(self, reply: Sequence[Any]) -> None:
        """Take the answer to the last call.

        Raises:
            MalformedReportError: Another script gave it.
        """
        piece = decode_reading(reply, self._named)
        self._left.extend(piece.left)
        self._taken.append(piece)

    def reading(self) -> Reading:
        """All pieces as one reading, with the clock of the first."""
        return Reading(
            time_ms=self._taken[0].time_ms,
            reports=tuple(chain.from_iterable(piece.reports for piece in self._taken)),
            same=dict(chain.from_iterable(piece.same.items() for piece in self._taken)),
            malformed=tuple(chain.from_iterable(piece.malformed for piece in self._taken)),
        )


def _as_bytes(text: bytes | str) -> bytes:
    """Return a field as bytes. A client that decodes replies returns text."""
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def _name_of(worker_id: bytes | str) -> str:
    """A worker's id as text. No id that is known looks like one that is not UTF-8."""
    return worker_id if isinstance(worker_id, str) else worker_id.decode("utf-8", "surrogateescape")
