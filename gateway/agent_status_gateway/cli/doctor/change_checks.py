"""Checks of a stream of changes through any proxies on the way: it adds up to the JSON snapshot, on every replica.

Only the doctor's own session is asked for. So nobody else changes what is compared.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Final
from urllib.parse import quote

import httpx

from agent_status_gateway.cli.doctor.finding import Finding, note, ok, wrong
from agent_status_gateway.cli.doctor.open_stream import OpenStream
from agent_status_gateway.cli.doctor.own_session import CannotPublishError, new_key, own_session
from agent_status_gateway.cli.http_client import within
from agent_status_gateway.cli.reading.answers import ForeignError, parse_change, parse_snapshot
from agent_status_gateway.cli.reading.folding import Fold, GapError
from agent_status_gateway.cli.terminal.view import aged
from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH
from agent_status_gateway.settings import Settings
from agent_status_gateway.state.fold.schema import Snapshot

PROBES: Final = 8
"""The questions whether a replica knows changes. Behind one address, each answer may be another replica's."""
ANSWER_SECONDS: Final = 5.0
EVENT_SECONDS: Final = 10.0
"""Seconds in which a change must come, and in which the JSON snapshot must say the same."""
AGAIN_SECONDS: Final = 0.1
AGES_WITHIN_SECONDS: Final = 3.0
"""Seconds by which durations may differ: two replicas, two ways, and a state that began again within a second."""
UNKNOWN: Final = {httpx.codes.UNPROCESSABLE_ENTITY}
"""The status of a replica that does not know changes."""
PASSES_ON: Final = (
    "check what is on the way: it must pass on the query, and each event as it is, in its order (see deploy/)"
)


def check_changes(client: httpx.Client, settings: Settings, *, can_publish: bool) -> Iterator[Finding]:
    """Check a stream of changes. A first problem leaves the other checks undone.

    Args:
        client: Client of the gateway.
        settings: The settings by which a change is published.
        can_publish: True if changes come through, as has been seen on a plain stream.
    """
    statuses = _probe(client)
    old = sum(status in UNKNOWN for status in statuses)
    if old == len(statuses):
        if old:
            yield note("the gateway does not know change events and views: it is older than this command", "update it")
        return
    if old:
        yield wrong(
            f"{old} of {len(statuses)} answers are from replicas that do not know change events and views",
            "update them: a reader that asks for a view gets all sessions from them",
        )
    else:
        yield _check_fold(client, settings) if can_publish else ok("the gateway knows change events and views")


def _probe(client: httpx.Client) -> list[int]:
    """Ask several times over connections of their own. What neither takes nor refuses the question does not count."""
    found: list[int] = []
    for _ in range(PROBES):
        try:
            response = client.head(
                f"{STREAM_PATH}?events=changes", headers={"Connection": "close"}, timeout=ANSWER_SECONDS
            )
        except httpx.HTTPError:
            break
        if response.status_code in UNKNOWN | {httpx.codes.OK}:
            found.append(response.status_code)
    return found


def _check_fold(client: httpx.Client, settings: Settings) -> Finding:
    """Compare what the changes of a session of our own add up to with what it is."""
    try:
        changes = _follow_own_session(client, settings)
    except CannotPublishError:
        return note("change events were not checked, since nothing can be published")
    except _DiffersError as error:
        return wrong(str(error), PASSES_ON)
    except httpx.HTTPError as error:
        return wrong(f"the JSON snapshot of a view does not come: {str(error) or type(error).__name__}", PASSES_ON)
    if not changes:
        return wrong("no change event came, only whole snapshots", PASSES_ON)
    return ok(f"{changes} change events of a view add up to its JSON snapshot")


def _follow_own_session(client: httpx.Client, settings: Settings) -> int:
    """Publish a session that begins, changes and ends, and see it through; return how many changes came.

    Raises:
        _DiffersError: What comes does not add up.
        CannotPublishError: Nothing can be published.
        httpx.HTTPError: There is no JSON snapshot.
    """
    key = new_key()
    view = f"session={quote(key)}"
    with closing(OpenStream(client, f"{STREAM_PATH}?events=changes&{view}")) as lines:
        followed = _Followed(lines, EVENT_SECONDS + settings.debounce_seconds)
        followed.wait_for({})
        with own_session(settings, key) as (session, _, _):
            followed.wait_for({key: "thinking"})
            session.streaming()
            followed.wait_for({key: "streaming"})
            _compare(client, f"{STATUS_PATH}?{view}", followed)
        followed.wait_for({})
        _compare(client, f"{STATUS_PATH}?{view}", followed)
        return followed.changes


class _DiffersError(Exception):
    """The events or the JSON snapshot are not what was expected; the message says how."""


class _Followed:
    """Fold of a stream's events, line by line."""

    def __init__(self, lines: OpenStream, seconds: float) -> None:
        self._seconds = seconds
        self.fold = Fold()
        self.changes = 0
        self._lines = lines
        self._fields: dict[str, str] = {}

    def wait_for(self, states: dict[str, str]) -> None:
        """Wait until these sessions are in these states, and no others are there.

        Raises:
            _DiffersError: They are not in time, or an event does not fit.
        """

        def is_reached() -> bool:
            return bool(self.fold.id) and _states(self.fold.snapshot) == states

        if not is_reached() and not self._lines.wait_for(lambda line: self._take(line) and is_reached(), self._seconds):
            found = _told(_states(self.fold.snapshot)) if self.fold.id else "nothing"
            what = f"the change events add up to {found} and not to {_told(states)} within {self._seconds:g} s"
            raise _DiffersError(what + self._lines.why_over())

    def _take(self, line: str) -> bool:
        """Take a line; True if it ended an event of the snapshot."""
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return False
        fields, self._fields = self._fields, {}
        name, data, id_ = (fields.get(field, "") for field in ("event", "data", "id"))
        now = time.monotonic()
        try:
            match name:
                case "status":
                    self.fold.begin(parse_snapshot(data), id_, now)
                case "change":
                    self.fold.take(parse_change(data), id_, now)
                    self.changes += 1
                case _:
                    return False
        except GapError:
            raise _DiffersError("a change event does not begin where the event before it ended") from None
        except ForeignError:
            raise _DiffersError(f"a {name} event is not as a gateway sends it") from None
        return True


def _compare(client: httpx.Client, path: str, followed: _Followed) -> None:
    """Compare with the JSON snapshot, again and again for a while: it may be of a replica that is behind.

    Raises:
        _DiffersError: They do not become the same.
    """
    give_up_at = time.monotonic() + EVENT_SECONDS
    while True:
        response = within(ANSWER_SECONDS, lambda: client.get(path, timeout=ANSWER_SECONDS))
        folded = aged(followed.fold.snapshot, time.monotonic() - followed.fold.at)
        try:
            if response.status_code == httpx.codes.OK and _are_same(folded, parse_snapshot(response.text)):
                return
        except ForeignError:
            raise _DiffersError("the JSON snapshot of a view is not as a gateway sends it") from None
        if time.monotonic() >= give_up_at:
            raise _DiffersError(
                f"the JSON snapshot of a view ({response.status_code}) is not what its change events add up to, "
                f"{_told(_states(folded))}"
            )
        time.sleep(AGAIN_SECONDS)


def _are_same(one: Snapshot, other: Snapshot) -> bool:
    """Test all but the figures of workers, which come and go."""
    ages = [[row["duration_seconds"] for row in some["sessions"]] for some in (one, other)]
    figures = [(some["global"]["state"], some["global"]["active_sessions"]) for some in (one, other)]
    rows = [[{**row, "duration_seconds": 0} for row in some["sessions"]] for some in (one, other)]
    return (
        figures[0] == figures[1]
        and rows[0] == rows[1]
        and all(abs(age - of_other) <= AGES_WITHIN_SECONDS for age, of_other in zip(*ages, strict=True))
    )


def _states(snapshot: Snapshot) -> dict[str, str]:
    return {row["session_key"]: row["state"] for row in snapshot["sessions"]}


def _told(states: dict[str, str]) -> str:
    return ", ".join(f"{key} {state}" for key, state in states.items()) or "no session"
