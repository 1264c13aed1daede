"""The contract between workers and gateways: the keys, the channel and the header of a report.

Before it comes the outbox, which drafts the report; after it the feed, which receives it. No other module builds or
parses a key, a channel or a header. The report itself and its JSON are in report.py and decoding/, and are imported
from here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files
from typing import Any, Final, NamedTuple

from agent_status_publisher.contract.decoding.repeated import decode_record
from agent_status_publisher.contract.details.end import EndedRecord
from agent_status_publisher.contract.report import (
    MalformedReportError,
    Report,
    SessionRecord,
    SessionState,
    WorkerRecord,
    check_session_key,
    encode_record,
)
from agent_status_publisher.contract.text import text_of_reply

__all__ = [
    "WRITE_SCRIPT",
    "EndedRecord",
    "Keys",
    "MalformedReportError",
    "RawReport",
    "Remembered",
    "Report",
    "SessionRecord",
    "SessionState",
    "Stamp",
    "WorkerRecord",
    "WriteAnswer",
    "answered_keys",
    "check_session_key",
    "decode_message",
    "decode_record",
    "encode_record",
    "raw_report",
    "remembered_by",
    "write_arguments",
]

MAX_REPORT_BYTES: Final = 8 * 1024 * 1024
"""The most bytes of a report. An outbox cannot draft a longer one, since its sessions and texts are bounded."""
MAX_SEQ_DIGITS: Final = 16
MAX_WORKER_ID_BYTES: Final = 200
ROUNDING_MS: Final = 2
"""The milliseconds by which two ages, both rounded, may seem to differ."""
SLEW: Final = 0.001
"""The part by which two clocks may differ in speed while both are set right: 500 ppm each, as of adjtimex(2)."""

WRITE_SCRIPT: Final = files(__package__).joinpath("write.lua").read_text("utf-8")

_WAITING: Final = SessionState.WAITING_FOR_USER
"""The state, kept here since its lookup in the enumeration takes longer than the comparison."""

_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Keys:
    """Every name that a namespace uses in Redis. The braces are literal: one Cluster slot per namespace."""

    namespace: str

    def __post_init__(self) -> None:
        """Refuse a namespace that would break the slot or reach into another one."""
        if not _NAMESPACE.fullmatch(self.namespace):
            raise ValueError(f"{self.namespace!r} is not 1 to 64 of letters, digits, dot, underscore and hyphen")

    @property
    def worker_prefix(self) -> str:
        """The prefix of the key of every worker's hash."""
        return f"agent-status:{{{self.namespace}}}:worker:"

    @property
    def workers(self) -> str:
        """The index of worker ids, scored by when nothing of their report counts any more."""
        return f"agent-status:{{{self.namespace}}}:workers"

    @property
    def kept(self) -> str:
        """The index of worker ids, those that are gone too, scored by when their hash expires.

        Its name begins as those of the hashes do, so that the same users may use it. No worker's id has a colon.
        """
        return f"{self.worker_prefix}:kept"

    @property
    def events(self) -> str:
        """The channel on which each report is published as it is written."""
        return f"agent-status:{{{self.namespace}}}:events"

    @property
    def runs(self) -> str:
        """The hash in which Redis remembers which worker has begun a run of which session key, and when."""
        return f"agent-status:{{{self.namespace}}}:runs"

    @property
    def probe(self) -> str:
        """The key that replicas write to find out whether Redis takes writes."""
        return f"agent-status:{{{self.namespace}}}:probe"

    def told(self, name: str) -> str:
        """The key in which notifiers remember whether something with this name was told."""
        return f"agent-status:{{{self.namespace}}}:told:{name}"

    def worker(self, worker_id: str) -> str:
        """The hash that holds one worker's newest report."""
        return self.worker_prefix + worker_id


class Stamp(NamedTuple):
    """A report's number and its moment on Redis's clock, in milliseconds. Together they tell two reports apart."""

    seq: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReport:
    """A report with its header parsed and its record still encoded, since most repeated reports need no more."""

    worker_id: str
    seq: int
    at_ms: int
    record: bytes

    @property
    def stamp(self) -> Stamp:
        """The report's number and moment."""
        return Stamp(self.seq, self.at_ms)

    def decode(self, before: WorkerRecord | None = None) -> Report:
        """Parse the whole report.

        Args:
            before: The worker's last record. It makes this faster, and no other difference.

        Raises:
            MalformedReportError: A part of the report breaks the contract.
        """
        record = decode_record(self.record, before)
        if record.id != self.worker_id:
            raise MalformedReportError("identity", f"the header says {self.worker_id!r}, the record {record.id!r}")
        return Report(seq=self.seq, at_ms=self.at_ms, record=record)


class WriteAnswer(IntEnum):
    """The first element of the write script's answer. All but `TAKEN` are refusals, and nothing is stored."""

    OUTNUMBERED = 0
    """A report with this number or a later one is stored already."""
    TAKEN = 1
    ANSWERED = 2
    """Another worker has begun runs of the named session keys since this one asked its questions."""
    FORGOTTEN = 3
    """Redis does not remember what this report's runs build on. It needs all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A report of whose runs Redis remembers all, so that the next report needs to name only newer ones.

    Attributes:
        memory: The id of Redis's memory. It changes when the memory is begun again.
        at_ms: The report's moment on Redis's clock, in milliseconds.
        drafted_at: The moment of its draft, in seconds on the worker's monotonic clock.
        answered_at: The moment of Redis's answer, likewise.
    """

    memory: str
    seq: int
    at_ms: int
    drafted_at: float
    answered_at: float

    def age_ms(self, drafted_at: float) -> int:
        """Milliseconds from this report's draft to another one's."""
        return round(1000 * (drafted_at - self.drafted_at))

    def earliest_ms(self, drafted_at: float) -> int:
        """The earliest that it can be on Redis's clock at another draft, unless that clock was stepped back."""
        return self.at_ms + int(1000 * (1 - SLEW) * (drafted_at - self.answered_at))


def write_arguments(
    keys: Keys,
    record: WorkerRecord,
    seq: int,
    encoded: bytes,
    *,
    sharded: bool,
    drafted_at: float = 0.0,
    remembered: Remembered | None = None,
    names_all: bool = False,
) -> tuple[list[str], list[Any]]:
    """Keys and arguments for one call of the write script.

    Args:
        keys: The names of the namespace.
        record: The report's record.
        seq: The report's number.
        encoded: The record as JSON.
        sharded: True on a Cluster, whose channel is a sharded one.
        drafted_at: The moment of the draft, in seconds on the worker's monotonic clock.
        remembered: The last report that was taken. None before the first, which names all runs.
        names_all: True to name all runs again, since Redis may have forgotten what it remembered.
    """
    publish = "SPUBLISH" if sharded else "PUBLISH"
    runs: list[SessionRecord | EndedRecord] = [*record.sessions, *record.ended]
    ground: list[Any] = ["", 0, 0]
    if remembered is not None and names_all:
        ground = [remembered.memory, "", remembered.earliest_ms(drafted_at)]
    elif remembered is not None:
        age_ms = remembered.age_ms(drafted_at)
        ground = [remembered.memory, remembered.seq, remembered.at_ms + age_ms]
        at_most_ms = age_ms + ROUNDING_MS
        runs = [run for run in runs if run.run_ms <= at_most_ms]
    begun = [part for run in runs for part in (run.key, run.run_ms)]
    waiting = [
        part for session in record.sessions if session.state is _WAITING for part in (session.key, session.changed_ms)
    ]
    return [keys.worker(record.id), keys.workers, keys.runs, keys.kept], [
        *(keys.events, record.id, seq, record.ttl_ms, encoded, publish),
        *(*ground, len(runs), *begun, *waiting),
    ]


def remembered_by(reply: Sequence[Any], seq: int, drafted_at: float, answered_at: float) -> Remembered:
    """Return what Redis remembers after it has taken a report with this number and these moments."""
    return Remembered(
        memory=text_of_reply(reply[3]),
        seq=seq,
        at_ms=int(reply[1]),
        drafted_at=drafted_at,
        answered_at=answered_at,
    )


def answered_keys(reply: Sequence[Any]) -> tuple[str, ...]:
    """The session keys that an `ANSWERED` refusal names."""
    return tuple(map(text_of_reply, reply[1:]))


def decode_message(message: bytes) -> RawReport:
    """Split a message of the channel: `<worker_id> <seq> <at> <record>`.

    Raises:
        MalformedReportError: The message is too long, or its header breaks the contract.
    """
    if len(message) > MAX_REPORT_BYTES:
        raise MalformedReportError("size", f"{len(message)} bytes")
    parts = message.split(b" ", 3)
    if len(parts) != 4:  # noqa: PLR2004 - the header above
        raise MalformedReportError("header", "not four fields")
    return raw_report(*parts)


def raw_report(worker_id: bytes, seq: bytes, at_ms: bytes, record: bytes) -> RawReport:
    """Parse the four fields of a report as Redis has them.

    Raises:
        MalformedReportError: A field breaks the contract.
    """
    if not (seq.isdigit() and at_ms.isdigit() and len(seq) <= MAX_SEQ_DIGITS and len(at_ms) <= MAX_SEQ_DIGITS):
        raise MalformedReportError("header", "seq and at are not both numbers")
    if len(record) > MAX_REPORT_BYTES:
        raise MalformedReportError("size", f"{len(record)} bytes")
    if len(worker_id) > MAX_WORKER_ID_BYTES:
        raise MalformedReportError("header", f"a worker id of {len(worker_id)} bytes")
    return RawReport(worker_id=_text_of(worker_id), seq=int(seq), at_ms=int(at_ms), record=record)


def _text_of(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedReportError("header", "the worker id is not UTF-8") from error
