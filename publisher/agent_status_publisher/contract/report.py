"""A worker's report as plain frozen data, and how it is written as JSON. decoding/ parses it.

Rule 1. A report is complete: it has all that its worker holds, so a newer report replaces an older one.
Rule 2. Times in a report are ages (`*_ms` since) and remainders (`*_ms` until) on the worker's own monotonic clock.
        The one absolute time, `at_ms`, is on Redis's clock.
Rule 3. A report counts only if all of it can be parsed. Unknown fields are allowed, an unknown schema is not. Texts
        that are too long are cut.
"""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, overload

import orjson

from agent_status_publisher.contract.details.details import Details, details_json
from agent_status_publisher.contract.details.end import EndedRecord, ended_json
from agent_status_publisher.contract.details.labels import Labels

SCHEMA: Final = 1
MAX_SESSIONS: Final = 1000
"""The most sessions of one worker, and the most ended session keys in one report."""
MAX_DURATION_MS: Final = 7 * 24 * 3600 * 1000
"""The longest lease, heartbeat and error TTL, in milliseconds. A report with more is malformed."""
MAX_HOST_CHARACTERS: Final = 255
MAX_KEY_BYTES: Final = 512
MIN_HEARTBEAT_MS: Final = 50
MAX_NUMBER: Final = 2**53 - 1
"""The largest number, which every JSON reader keeps exactly."""
HASH_MARGIN_MS: Final = 15_000
"""The milliseconds by which a report outlives its lease and error TTL, so that a reader that was away finds it."""
KEPT_MS: Final = 15 * 60 * 1000
"""The milliseconds for which Redis keeps a report at least, so that readers find the ends that it has."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class SessionState(StrEnum):
    """The states of a session."""

    THINKING = "thinking"
    TOOL_RUNNING = "tool_running"
    STREAMING = "streaming"
    WAITING_FOR_USER = "waiting_for_user"
    ERROR = "error"


class SessionRecord(NamedTuple):
    """One open session, as its worker sees it when it drafts the report.

    A tuple, since gateways make thousands of them a second, and a frozen dataclass costs five times as much.

    Attributes:
        expires_ms: Milliseconds until a session in error, or a question that is not answered, vanishes. None for every
            other state.
        called_ms: Milliseconds from the last change of the state or the tool to the agent's last call for the session.
        details: None where the session says nothing of them, so that it costs nothing.
    """

    key: str
    state: SessionState
    changed_ms: int
    run_ms: int
    title: str | None = None
    tool: str | None = None
    error: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    expires_ms: int | None = None
    called_ms: int = 0
    details: Details | None = None


new_session: Final[Callable[[tuple[Any, ...]], SessionRecord]] = functools.partial(tuple.__new__, SessionRecord)
"""A function that makes a session of all its values, which takes two thirds of the time."""


class AgedSessions(Sequence[SessionRecord]):
    """Sessions that have only grown older since a report before, so that nothing but their ages was made again.

    Attributes:
        held: The sessions, without their ages.
        changed_ms: Their ages now, each at its session's place.
        run_ms: As `changed_ms`.
        expires_ms: As `changed_ms`.
    """

    __slots__ = ("changed_ms", "expires_ms", "held", "run_ms")

    def __init__(
        self,
        held: tuple[SessionRecord, ...],
        changed_ms: Sequence[int],
        run_ms: Sequence[int],
        expires_ms: Sequence[int | None],
    ) -> None:
        self.held = held
        self.changed_ms = changed_ms
        self.run_ms = run_ms
        self.expires_ms = expires_ms

    def __len__(self) -> int:
        return len(self.held)

    @overload
    def __getitem__(self, place: int) -> SessionRecord: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[SessionRecord, ...]: ...
    def __getitem__(self, place: int | slice) -> SessionRecord | tuple[SessionRecord, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        key, state, _, _, title, tool, error, input_tokens, output_tokens, _, called_ms, details = self.held[place]
        changed_ms, run_ms, expires_ms = self.changed_ms[place], self.run_ms[place], self.expires_ms[place]
        tokens = input_tokens, output_tokens
        return new_session(
            (key, state, changed_ms, run_ms, title, tool, error, *tokens, expires_ms, called_ms, details)
        )

    def __iter__(self) -> Iterator[SessionRecord]:
        return map(self.__getitem__, range(len(self.held)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | AgedSessions) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """All that a worker holds.

    Attributes:
        labels: The labels of all its sessions.
        texts: The JSON of each session but for its ages, if the record was parsed as one of a series. The next report
            of the worker is parsed faster by them. A changed copy of a record does not have them.
    """

    id: str
    host: str
    pid: int
    lease_ms: int
    heartbeat_ms: int
    error_ttl_ms: int
    max_concurrent: int
    uptime_ms: int
    left: bool = False
    sessions: Sequence[SessionRecord] = ()
    ended: tuple[EndedRecord, ...] = ()
    labels: Labels = ()
    texts: tuple[bytes, ...] = field(default=(), init=False, repr=False, compare=False)

    @property
    def held(self) -> tuple[SessionRecord, ...]:
        """The sessions as they are but for their ages, which must not be read here. It takes no time."""
        return self.sessions.held if type(self.sessions) is AgedSessions else tuple(self.sessions)

    @property
    def expiring(self) -> tuple[SessionRecord, ...]:
        """The sessions that expire."""
        sessions = self.sessions
        if type(sessions) is not AgedSessions:
            return tuple(session for session in sessions if session.expires_ms is not None)
        return tuple(sessions[place] for place, ms in enumerate(sessions.expires_ms) if ms is not None)

    @property
    def all_changed_ms(self) -> Sequence[int]:
        """Milliseconds since each session has changed, each at its session's place."""
        sessions = self.sessions
        return sessions.changed_ms if type(sessions) is AgedSessions else [one.changed_ms for one in sessions]

    @property
    def ttl_ms(self) -> int:
        """The milliseconds after which nothing of this report counts, but for what it says of ends."""
        return self.lease_ms + self.error_ttl_ms + HASH_MARGIN_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A record, its number among its worker's reports, and when it was written (milliseconds on Redis's clock)."""

    seq: int
    at_ms: int
    record: WorkerRecord


class MalformedReportError(Exception):
    """Something that is not a report; `reason` is one of a few fixed labels, `detail` is for a log."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def check_session_key(key: str) -> str:
    """Give `key` back if it may name a session.

    Raises:
        ValueError: The key is empty, longer than 512 bytes of UTF-8, or has control characters. The message does not
            repeat the key, so that a kind of mistake has one message.
    """
    if not key:
        raise ValueError("a session key must not be empty")
    if len(key) > MAX_KEY_BYTES or (
        not key.isascii() and len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES  # the shorter look comes first
    ):
        raise ValueError(f"a session key must not be longer than {MAX_KEY_BYTES} bytes")
    if not key.isprintable() and _CONTROL.search(key):
        raise ValueError("a session key must not have control characters")
    return key


def encode_record(record: WorkerRecord) -> bytes:
    """The record as JSON. Optional fields that are false, empty or None are left out."""
    whole: dict[str, Any] = {
        "v": SCHEMA,
        "id": record.id,
        "host": record.host,
        "pid": record.pid,
        "lease_ms": record.lease_ms,
        "heartbeat_ms": record.heartbeat_ms,
        "error_ttl_ms": record.error_ttl_ms,
        "max_concurrent": record.max_concurrent,
        "uptime_ms": record.uptime_ms,
    }
    if record.left:
        whole["left"] = True
    if record.labels:
        whole["labels"] = dict(record.labels)
    whole["sessions"] = [_encode_session(session) for session in record.sessions]
    if record.ended:
        whole["ended"] = [ended_json(ended) for ended in record.ended]
    return orjson.dumps(whole)


def _encode_session(session: SessionRecord) -> dict[str, Any]:
    key, state, changed_ms, run_ms, title, tool, error, input_tokens, output_tokens, expires_ms, called_ms, details = (
        session
    )
    row: dict[str, Any] = {"key": key, "state": state}  # orjson writes an enum's value, and faster than Python finds it
    if title is not None:
        row["title"] = title
    if tool is not None:
        row["tool"] = tool
    if error is not None:
        row["error"] = error
    if input_tokens or output_tokens:
        row["input"] = input_tokens
        row["output"] = output_tokens
    if details is not None:
        row |= details_json(details)
    if called_ms:
        row["called_ms"] = called_ms
    row["changed_ms"] = changed_ms
    row["run_ms"] = run_ms
    if expires_ms is not None:
        row["expires_ms"] = expires_ms
    return row
