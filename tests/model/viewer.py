"""One client of a view, with its transport that blocks: what it has folded is held to the truth with each event."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from typing_extensions import override

from agent_status_gateway.fanout.client import Client
from agent_status_gateway.fanout.events.encoders import Identity
from agent_status_gateway.fanout.events.frames import Event, Frame, Piece
from agent_status_gateway.state.views.view import View
from chaos.clients.folded import Folded, differences
from tests.support.whole_snapshot import Truth, global_of

WRONG_SECONDS: Final = 2.1
"""How many seconds a call's moment may be wrong: it is dated again only when it was over a second from where it was."""
Made = Mapping[Event, tuple[float, Truth]]
"""Each event that was made, with its moment and the truth of it."""


class NotingEncoder(Identity):
    """Encoder that changes nothing, and notes which event was encoded last."""

    def __init__(self) -> None:
        self.event_: Event | None = None

    @override
    def first(self, frame: Frame, retry_ms: int, text: bytes) -> Sequence[bytes]:
        self.event_ = frame
        return super().first(frame, retry_ms, text)

    @override
    def event(self, piece: Piece) -> bytes:
        if isinstance(piece, Event):
            self.event_ = piece
        return super().event(piece)


class Viewer:
    """A client of the hub, and its transport."""

    backlog_bytes: Final = 0
    client: Client

    def __init__(self, view: View, made: Made, *, wants_changes: bool) -> None:
        self.view = view
        self.wants_changes = wants_changes
        self.encoder = NotingEncoder()
        self.folded = Folded(view.ended)
        self.is_blocked = False
        self.blocks_after: int | None = None
        """The number of writes after which there is no room any more; None if there always is."""
        self.events: list[str] = []
        """The names of all events so far."""
        self.faults: list[str] = []
        """What was not true, since the hub goes on past a transport that fails."""
        self._made = made
        self._has_any = False

    # As a transport

    def open(self, chunks: Sequence[bytes]) -> None:
        self.write_all(chunks)

    def write(self, chunk: bytes) -> None:
        self._take(chunk)

    def write_all(self, chunks: Sequence[bytes]) -> None:
        self._take(b"".join(chunks))

    def end(self, chunk: bytes) -> None:
        self.faults.append(f"nothing is drained here: {chunk!r}")

    def abort(self) -> None:
        self.is_blocked = True
        self.faults.append("it was aborted")

    # As a reader

    def unblock(self) -> None:
        """Read all that waits in the transport."""
        self.blocks_after = None
        if self.is_blocked:
            self.is_blocked = False
            self.client.unblocked()

    def connected_again(self) -> "Viewer":
        """Make the reader of another connection, which goes on with what this one has folded."""
        viewer = Viewer(self.view, self._made, wants_changes=self.wants_changes)
        viewer.folded = self.folded
        return viewer

    def check(self, event: Event, data: bytes, name: str = "status") -> None:
        """Fold an event. What comes of it must be the truth of the moment in which the event was made."""
        made_at, true = self._made[event]
        try:
            self.folded.take(name, orjson.loads(data), event.id, made_at)
        except ValueError as error:
            self.faults.append(str(error))
        shown = self.folded.snapshot(made_at)
        expected = _decided(part_of(true, self.view, made_at), shown)
        self.faults += differences(shown, expected, ended_seconds=self.view.ended or 0)

    def check_is_up_to_date(self, true: Truth, id_: str, now: float) -> None:
        """Check that the states, the tools and the id are those of now.

        Titles, tokens and times may wait for the next change, and so may an end that takes the place of another one.
        """
        folded = self.folded.snapshot(now)
        has, expected = _news(folded), _news(_decided(part_of(true, self.view, now), folded))
        if has != expected:
            raise AssertionError(f"a reader of {self.view.query()!r} has {has}, not {expected}")
        if self.folded.id != id_:
            raise AssertionError(f"a reader of {self.view.query()!r} has the id {self.folded.id}, not {id_}")

    def _take(self, chunk: bytes) -> None:
        if self.is_blocked:
            self.faults.append("a blocked transport was written to")
        for text in chunk.split(b"\n\n"):
            fields = dict(line.split(b": ", 1) for line in text.split(b"\n") if b": " in line)
            name = fields.get(b"event", b"").decode()
            if name in {"status", "change"}:
                self._take_event(name, fields)
            if name:
                self.events.append(name)
        if self.blocks_after is not None:
            self.blocks_after -= 1
            self.is_blocked = self.blocks_after <= 0

    def _take_event(self, name: str, fields: dict[bytes, bytes]) -> None:
        event = self.encoder.event_
        assert event is not None
        if fields[b"id"].decode() != event.id:
            self.faults.append("the id is another one")
        if name == "change" and not self.wants_changes:
            self.faults.append("a change came to a reader of whole snapshots")
        if name == "change" and not self._has_any:
            self.faults.append("a change came first")
        if event.id == self.folded.id and self._has_any:
            self.faults.append("nothing in it is news")
        self._has_any = True
        self.check(event, fields[b"data"], name)


def part_of(true: Truth, view: View, now: float) -> dict[str, Any]:
    """The part of the truth that a view shows, found by looking at each row."""
    whole = true.snapshot
    rows = [row for row in whole["sessions"] if _shows(view, row, true)]
    overview = global_of(rows, {}, now)
    rows = [_as_asked(view, row, true) for row in rows]
    if view.scope is None:
        counted = whole["global"]
    else:  # the workers that hold a session of the scope, whatever part of it is asked for
        allowed = [row["session_key"] for row in whole["sessions"] if _shows(view.scope, row, true)]
        counted = global_of(rows, {true.holders[key] for key in allowed}, now)
    workers = {name: counted[name] for name in ("max_concurrent", "uptime_seconds")}
    part: dict[str, Any] = {"global": {**overview, **workers}, "sessions": rows}
    return part if view.ended is None else part | {"ended": _ended_in(view, true, now)}


def _ended_in(view: View, true: Truth, now: float) -> list[dict[str, Any]]:
    """The ends that a view tells: whatever the state was, and by what is known of the session alone."""
    told: list[dict[str, Any]] = []
    for key, end in true.ended.items():
        seconds = round(max(0.0, now - end.at), 1)
        wishes = (
            (view.session, key),
            (view.channel, key.partition(":")[0] or "unknown"),
            (view.parent, _parent_of_ended(view.scope, end.parent)),
        )
        labels = {f"{name}:{value}" for name, value in end.labels.items()}
        if view.label <= labels and all(wish is None or value in wish for wish, value in wishes):
            row = {"session_key": key, "title": end.title, "outcome": end.outcome, "ended_seconds_ago": seconds}
            told.append(row | {"error_message": end.error})
    in_time = [row for row in told if now - true.ended[row["session_key"]].at <= (view.ended or 0)]
    return sorted(in_time, key=lambda row: row["ended_seconds_ago"])


def _parent_of_ended(scope: View | None, parent: str | None) -> str | None:
    if parent is None or scope is None or parent in (scope.parent or ()):
        return parent
    if scope.label or scope.parent is not None:
        return None
    return parent if _allows(scope, parent) else None


def _as_asked(view: View, row: Any, true: Truth) -> Any:
    """A row with what the view asks for besides."""
    key = row["session_key"]
    known = true.details[key] | {"parent": parent_in(view.scope, key, true)}
    asked = row | {name: known[name] for name in view.fields}
    return asked if view.stalled is None else asked | {"stalled": true.is_stalled(key, view.stalled, WRONG_SECONDS)}


def _decided(part: dict[str, Any], folded: dict[str, Any]) -> dict[str, Any]:
    """A part of the truth that says the same as a reader has, where either may be true."""
    has = {row["session_key"]: row.get("stalled") for row in folded["sessions"]}
    rows = [
        row | {"stalled": has.get(row["session_key"])} if row.get("stalled", False) is None else row
        for row in part["sessions"]
    ]
    return part | {"sessions": rows}


def _shows(view: View, row: Any, true: Truth) -> bool:
    labels = {f"{name}:{value}" for name, value in true.details[row["session_key"]]["labels"].items()}
    wishes = (
        (view.channel, row["channel"]),
        (view.state, row["state"]),
        (view.session, row["session_key"]),
        (view.parent, parent_in(view.scope, row["session_key"], true)),
    )
    return view.label <= labels and all(wish is None or value in wish for wish, value in wishes)


def parent_in(scope: View | None, key: str, true: Truth) -> str | None:
    """The parent of a session, as far as a reader with this scope may know it."""
    parent: str | None = true.details[key]["parent"]
    if parent is None or scope is None or parent in (scope.parent or ()):
        return parent
    row = next((row for row in true.snapshot["sessions"] if row["session_key"] == parent), None)
    if row is not None:
        return parent if _shows(scope, row, true) else None
    if scope.label or scope.parent is not None:
        return None  # nobody knows whether it was in the scope
    return parent if _allows(scope, parent) else None


def _allows(scope: View, key: str) -> bool:
    """True if a scope that decides by keys alone shows this one."""
    channel = key.partition(":")[0] or "unknown"
    return (scope.session is None or key in scope.session) and (scope.channel is None or channel in scope.channel)


def _news(snapshot: dict[str, Any]) -> list[Any]:
    whole, rows = snapshot["global"], snapshot["sessions"]
    return [whole["state"], whole["active_sessions"], *(_news_of(row) for row in rows)]


def _news_of(row: dict[str, Any]) -> list[Any]:
    return [row[name] for name in ("session_key", "state", "tool_name", "waiting_for", "stalled") if name in row]
