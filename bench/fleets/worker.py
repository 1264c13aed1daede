"""Pure: a worker of the bench, whose report is cheap to make however many sessions it holds.

Each session's row is kept as text with holes for its two ages. A change makes one row again; a report only fills the
holes. What comes out is what the contract's encoder makes of the same record, byte by byte.
"""

from dataclasses import replace
from itertools import chain
from typing import Final

from agent_status_publisher.contract.wire import SessionRecord, SessionState, WorkerRecord, encode_record

LEASE_MS: Final = 600_000
"""Nobody is lost while others are measured."""
STATES: Final = (SessionState.TOOL_RUNNING, SessionState.THINKING, SessionState.TOOL_RUNNING, SessionState.STREAMING)
"""What a session does in turn; it thinks at first. None waits for anybody, so the script is asked no question."""
AGES: Final = b'"changed_ms":0,"run_ms":0}'


class BenchWorker:
    """A worker with `sessions` sessions. Times are milliseconds on one clock of the caller's.

    Args:
        channels: How many channels the fleet has; a worker's sessions are all in one of them.
    """

    def __init__(self, number: int, sessions: int, now_ms: int, *, heartbeat_ms: int, channels: int = 1) -> None:
        self.head = WorkerRecord(
            id=f"bench-{number}",
            host="bench",
            pid=1,
            lease_ms=LEASE_MS,
            heartbeat_ms=heartbeat_ms,
            error_ttl_ms=30_000,
            max_concurrent=sessions,
            uptime_ms=0,
        )
        self._began_ms = now_ms
        self._changes = 0
        self._sessions = [
            _session(session_key(number, session, channels), number, session) for session in range(sessions)
        ]
        self._changed_ms = [now_ms] * sessions
        self._rows = [self._row(session) for session in self._sessions]
        self._text: bytes | None = None

    def change(self, now_ms: int) -> None:
        """The next of its sessions does something else."""
        number = self._changes % len(self._sessions)
        turn = self._changes // len(self._sessions)
        self._changes += 1
        state = STATES[turn % len(STATES)]
        tool = f"tool {turn}" if state is SessionState.TOOL_RUNNING else None
        self._sessions[number] = self._sessions[number]._replace(state=state, tool=tool)
        self._changed_ms[number] = now_ms
        self._rows[number] = self._row(self._sessions[number])
        self._text = None

    def encoded(self, now_ms: int) -> bytes:
        """Encode its report of this moment."""
        if self._text is None:
            text = encode_record(self.head).removesuffix(b'0,"sessions":[]}')
            self._text = text.replace(b"%", b"%%") + b'%d,"sessions":[' + b",".join(self._rows) + b"]}"
        age_ms = now_ms - self._began_ms
        ages = chain.from_iterable((now_ms - changed_ms, age_ms) for changed_ms in self._changed_ms)
        return self._text % (age_ms, *ages)

    def record(self, now_ms: int) -> WorkerRecord:
        """Make the report of `encoded` as the contract's own record."""
        age_ms = now_ms - self._began_ms
        sessions = (
            session._replace(changed_ms=now_ms - changed_ms, run_ms=age_ms)
            for session, changed_ms in zip(self._sessions, self._changed_ms, strict=True)
        )
        return replace(self.head, uptime_ms=age_ms, sessions=tuple(sessions))

    def _row(self, session: SessionRecord) -> bytes:
        _, _, row = encode_record(replace(self.head, sessions=(session,))).partition(b'"sessions":[')
        row = row.removesuffix(b"]}").removesuffix(AGES)
        return row.replace(b"%", b"%%") + b'"changed_ms":%d,"run_ms":%d}'


def channel_name(number: int) -> str:
    """The channel of this number; each is as long as the others, up to a thousand."""
    return f"channel{number:03}"


def session_key(worker: int, number: int, channels: int) -> str:
    """The key of a session in a fleet of so many channels."""
    return f"{channel_name(worker % channels)}:{worker}-{number}"


def _session(key: str, worker: int, number: int) -> SessionRecord:
    return SessionRecord(
        key=key,
        title=f"Fix bug {number} of worker {worker}",
        state=SessionState.THINKING,
        input_tokens=500,
        output_tokens=100,
        changed_ms=0,
        run_ms=0,
    )
