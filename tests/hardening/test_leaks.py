"""What a key with a scope may leak, item by item, for keys to sessions, to a channel, to a label and to parents.

Each test fails if its check is taken out. The narrowing by the scope (`View.narrowed_to`) holds all but the last.

- The global status: the workers that are counted (`Audience.holders` for streams, `CurrentRows.holders` for JSON).
- Workers: the `keys` of `describe_workers`.
- Summaries: the narrowing in `summary_view_asked_by` for JSON, in `summary_asked_by` for streams.
- Ends: the key, the labels and the parents in `View.shows_end`, which `ToldEnds.put` asks.
- Parents: `View.parent_of`, by keys and by rows; in `View.shows`, and in the form of rows (`DetailedForm`).
- More of each row, ids and answers: all of these, and `shows` in views/select.py.
- 403 against 404: all of these. Nothing looks whether a session that a query names exists.
- What a stream is sent: `shows` in `Audience.put` and `Audience.revise`, and that `put` says whom it concerns.
- When a poll is answered: the narrowing in `view_asked_by`.
- Metrics: the `sees_all` in `may_read_metrics`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from agent_status_gateway.paths import (
    BADGE_PATH,
    METRICS_PATH,
    STATUS_PATH,
    STREAM_PATH,
    SUMMARY_PATH,
    SUMMARY_STREAM_PATH,
    TEXT_PATH,
    WORKERS_PATH,
)
from chaos.clients.sse import Dashboard
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.polls import LongPoll, wait_for_held
from tests.support.gateways.scoped_fleet import CAPACITY, HIDDEN, INSIDE, SCOPES, STALLED, ScopedFleet, key_of

Answer = dict[str, Any]
EVERY_FIELD: Final = f"fields=all&{STALLED}&ended=900"
BY: Final = ("channel", "state", "worker", "label.team")
AGES: Final = re.compile(
    r'("(?:duration|uptime|last_heard|quiet|ended)_seconds(?:_ago)?": ?|\t(?:web|ci):[0-9]+\t)[0-9.]+'
    r'|("oldest_seconds": ?)[^}]*'
)
PASSING: Final = {"date", "content-length"}
"""Headers that follow the clock and the digits of an age."""


@pytest.fixture(scope="module")
def shared_fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScopedFleet]:
    server = RedisServer()
    try:
        with ScopedFleet(server, tmp_path_factory.mktemp("keys")) as fleet:
            yield fleet
    finally:
        server.close()


@pytest.fixture
def fleet(shared_fleet: ScopedFleet) -> ScopedFleet:
    """The fleet as it began, with nobody connected."""
    wait_for_held(shared_fleet.gateway, 0)
    shared_fleet.base()
    return shared_fleet


@pytest.fixture(params=[*SCOPES])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of key."""
    found: str = request.param
    return found


def open_streams(fleet: ScopedFleet, credential: str, query: str = "", path: str = STREAM_PATH) -> list[Dashboard]:
    asked = f"{credential}&{query}" if query else credential
    kinds = ("status",) if path == SUMMARY_STREAM_PATH else ("status", "changes")
    return [Dashboard(fleet.gateway.url, f"{path}?{asked}&events={events}") for events in kinds]


def firsts(fleet: ScopedFleet, kind: str, query: str = "", path: str = STREAM_PATH) -> list[Answer]:
    """The first event of each kind of stream, opened by a key and by a ticket of it."""
    with ExitStack() as stack:
        credentials = f"key={kind}key", f"ticket={fleet.ticket(kind)}"
        streams = [
            stack.enter_context(one)
            for credential in credentials
            for one in open_streams(fleet, credential, query, path)
        ]
        wait_until(lambda: all(one.events for one in streams), "the first events come")
        return [one.events[0].data for one in streams]


def answers(fleet: ScopedFleet, kind: str, query: str = "") -> list[Answer]:
    """What a reader is shown with this query: as JSON, and as the first event of each kind of stream."""
    found: Answer = fleet.get(kind, f"{STATUS_PATH}?{query}").json()
    return [found, *firsts(fleet, kind, query)]


def keys_of(snapshot: Answer) -> list[str]:
    return [row["session_key"] for row in snapshot["sessions"]]


def without_ages(text: str) -> str:
    return AGES.sub(r"\1\2", text)


def tells_nothing(kind: str, text: str) -> bool:
    return not any(hidden in text for hidden in (*HIDDEN, *(() if outside_parent(kind) else ("lead",))))


def outside_parent(kind: str) -> str | None:
    """The parent of most of the inside, as a key of this kind may know it: who names it does."""
    return "lead:1" if kind == "parent" else None


def test_the_global_status_is_of_the_sessions_and_the_workers_of_the_scope(fleet: ScopedFleet, kind: str) -> None:
    for found in answers(fleet, kind):
        assert keys_of(found) == INSIDE
        overview = found["global"]
        assert (overview["state"], overview["active_sessions"]) == ("active", len(INSIDE))
        assert overview["max_concurrent"] == CAPACITY
        assert overview["uptime_seconds"] < 5_000
        assert tells_nothing(kind, json.dumps(found))
    assert [get["global"]["max_concurrent"] for get in answers(fleet, kind, "session=web:4")] == [CAPACITY] * 5
    whole = fleet.get("all").json()["global"]
    assert (whole["state"], whole["max_concurrent"]) == ("degraded", 24)
    assert whole["uptime_seconds"] >= 9_000


def test_workers_are_those_that_hold_a_session_of_the_scope_with_only_these(fleet: ScopedFleet, kind: str) -> None:
    answer = fleet.get(kind, WORKERS_PATH)
    rows = {row["worker_id"]: row["sessions"] for row in answer.json()["workers"]}
    assert rows == {"w-mixed": INSIDE[:3], "w-inner": INSIDE[3:]}
    assert tells_nothing(kind, answer.text)


@pytest.mark.parametrize("by", BY)
def test_a_summary_counts_only_the_scope(fleet: ScopedFleet, kind: str, by: str) -> None:
    groups: dict[str, dict[str | None, int]] = {
        "channel": {"web": 4},
        "state": {"thinking": 4},
        "worker": {"w-mixed": 3, "w-inner": 1},
        "label.team": {"web": 4},
    }
    asked = fleet.get(kind, f"{SUMMARY_PATH}?by={by}").json()
    for found in (asked, *firsts(fleet, kind, f"by={by}", SUMMARY_STREAM_PATH)):
        assert {group[by]: group["sessions"] for group in found["groups"]} == groups[by]
        assert found["global"]["max_concurrent"] == CAPACITY
        assert tells_nothing(kind, json.dumps(found))


def test_ends_are_those_of_the_scope_and_are_found_by_no_parent_outside_of_it(fleet: ScopedFleet, kind: str) -> None:
    for found in answers(fleet, kind, "ended=900"):
        assert [one["session_key"] for one in found["ended"]] == ["web:9"]
    for found in answers(fleet, kind, "ended=900&parent=lead:1"):
        assert [one["session_key"] for one in found["ended"]] == (["web:9"] if outside_parent(kind) else [])
    assert len(fleet.get("all", f"{STATUS_PATH}?ended=900").json()["ended"]) == 2


def test_a_parent_outside_of_the_scope_is_null_and_finds_nothing(fleet: ScopedFleet, kind: str) -> None:
    lead = outside_parent(kind)
    for query in ("fields=parent", EVERY_FIELD):
        for found in answers(fleet, kind, query):
            parents = {row["session_key"]: row["parent"] for row in found["sessions"]}
            assert parents == {"web:1": lead, "web:2": lead, "web:3": "web:1", "web:4": lead}
    for found in answers(fleet, kind, "fields=parent&parent=lead:1"):
        assert keys_of(found) == (["web:1", "web:2", "web:4"] if lead else [])
    for found in answers(fleet, kind, "fields=parent&parent=web:1"):
        assert keys_of(found) == ["web:3"]


def test_more_of_each_row_is_of_the_rows_of_the_scope_alone(fleet: ScopedFleet, kind: str) -> None:
    for found in answers(fleet, kind, EVERY_FIELD):
        rows = {row["session_key"]: (row["worker_id"], row["host"], row["stalled"]) for row in found["sessions"]}
        mixed, inner = ("w-mixed", "mixed.example"), ("w-inner", "inner.example")
        stalled = {"web:1": True, "web:2": False, "web:3": False, "web:4": False}
        assert rows == {key: (*(inner if key == "web:4" else mixed), is_so) for key, is_so in stalled.items()}
        assert tells_nothing(kind, json.dumps(found))


QUERIES: Final = (
    "",
    EVERY_FIELD,
    "fields=parent",
    STALLED,
    "ended=900",
    "ended=900&parent=lead:1&fields=parent",
    "ended=900&parent=ops:1",
    "session=ops:1&session=web:1",
    f"channel=ops,web&{STALLED}",
    "state=error",
    "label=team:ops",
    "parent=ops:1",
    "parent=lead:1&parent=web:1",
)


def all_answers(fleet: ScopedFleet, kind: str) -> dict[str, object]:
    """All that a reader is answered, but for ages, to questions about both sides; tags are among it."""
    paths = [f"{path}?{query}" for query in QUERIES for path in (STATUS_PATH, WORKERS_PATH, TEXT_PATH, BADGE_PATH)]
    paths += [f"{SUMMARY_PATH}?by={by}&{query}" for by in BY for query in QUERIES[-6:]]
    paths += [SUMMARY_PATH, METRICS_PATH, "/readyz", f"{STATUS_PATH}/ops:1", f"{WORKERS_PATH}/w-outer"]
    found: dict[str, object] = {}
    for path in paths:
        answer = fleet.get(kind, path)
        headers = {name: value for name, value in answer.headers.items() if name not in PASSING}
        found[path] = answer.status_code, headers, without_ages(answer.text)
    return found


def test_ids_and_answers_are_the_same_whatever_is_outside_of_the_scope(fleet: ScopedFleet, kind: str) -> None:
    before = all_answers(fleet, kind)
    fleet.outside_stalls()
    assert all_answers(fleet, kind) == before
    fleet.outside_changes()
    assert all_answers(fleet, kind) == before
    assert tells_nothing(kind, repr([*before.values()]))


PAIRS: Final = (
    ("session=ops:1", "session=nil:1"),
    ("session=lead:1&session=ops:1", "session=nil:1"),
    ("channel=ops", "channel=nil"),
    ("label=team:ops", "label=team:nil"),
    ("parent=ops:1", "parent=nil:1"),
    ("state=error", "state=waiting_for_user"),
)
"""What asks for something outside, and what asks for the same of something that does not exist."""


def test_what_is_outside_of_the_scope_is_as_what_does_not_exist(fleet: ScopedFleet, kind: str) -> None:
    def told(path: str, query: str) -> tuple[int, set[str], str]:
        answer = fleet.get(kind, f"{path}?{query}")
        return answer.status_code, {*answer.headers}, without_ages(answer.text)

    for existing, nothing in PAIRS:
        for path in (STATUS_PATH, SUMMARY_PATH, TEXT_PATH, BADGE_PATH):
            more = f"&{EVERY_FIELD}" if path == STATUS_PATH else ""
            assert told(path, existing + more) == told(path, nothing + more)
            assert told(path, existing)[0] == 200
        of_hidden, of_nothing = (firsts(fleet, kind, f"{query}&{EVERY_FIELD}") for query in (existing, nothing))
        assert without_ages(json.dumps(of_hidden)) == without_ages(json.dumps(of_nothing))
        assert [keys_of(found) for found in of_hidden] == [[]] * 4


def test_a_stream_is_sent_nothing_when_anything_outside_of_its_scope_changes(fleet: ScopedFleet, kind: str) -> None:
    key = f"key={kind}key"
    with ExitStack() as stack:
        queries = ["", "fields=all", STALLED, "ended=900", EVERY_FIELD]
        queries += [f"session=web:4&session=ops:1&{more}" for more in (STALLED, EVERY_FIELD)]
        asked = [(STREAM_PATH, query) for query in queries] + [(SUMMARY_STREAM_PATH, f"by={by}") for by in BY]
        streams = [stack.enter_context(one) for path, query in asked for one in open_streams(fleet, key, query, path)]
        witness = stack.enter_context(Dashboard(fleet.gateway.url, f"{STREAM_PATH}?key=everything&{STALLED}"))
        wait_until(lambda: all(one.events for one in [*streams, witness]), "the first events come")
        fleet.outside_stalls()
        wait_until(lambda: len(witness.events) > 1, "a stall of the outside is sent to who may see it")
        fleet.outside_changes()
        wait_until(lambda: witness.newest and "lead:1" not in witness.newest, "so is all else")
        fleet.inside_changes()
        wait_until(lambda: all(len(one.events) > 1 for one in streams), "the inside's come")
        assert [len(one.events) for one in streams] == [2] * len(streams)
        assert all(tells_nothing(kind, one.body.decode()) for one in streams)


def test_a_held_request_is_answered_by_nothing_outside_of_its_scope(fleet: ScopedFleet, kind: str) -> None:
    headers = key_of(kind)
    tag = fleet.get(kind, f"{STATUS_PATH}?{EVERY_FIELD}").headers["etag"]
    with LongPoll(fleet.gateway, tag, EVERY_FIELD, headers=headers) as poll:
        wait_for_held(fleet.gateway)
        fleet.outside_stalls()
        fleet.outside_changes()
        assert not poll.is_answered
        fleet.inside_changes()
        answer = poll.answer()
    assert {row["session_key"]: row["state"] for row in answer.json()["sessions"]}["web:4"] == "streaming"
    assert tells_nothing(kind, answer.text)


def test_metrics_are_refused_as_a_wrong_key_is(fleet: ScopedFleet, kind: str) -> None:
    refused, wrong = fleet.get(kind, METRICS_PATH), fleet.get("wrong", METRICS_PATH)
    assert (refused.status_code, refused.text, {*refused.headers}) == (403, wrong.text, {*wrong.headers})
    assert fleet.get("all", METRICS_PATH).status_code == 200
