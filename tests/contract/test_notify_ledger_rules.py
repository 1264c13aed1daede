"""Each ledger answers, and remembers, as the rules of entries do: in Redis and in a file."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import fakeredis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_status_gateway.cli.notify.ledger.entries import Act, claimed, ended, noted, settled
from agent_status_gateway.cli.notify.ledger.file_ledger import FileLedger
from agent_status_gateway.cli.notify.ledger.ledger import Entry, Ledger, name_of
from agent_status_gateway.cli.notify.ledger.redis_ledger import RedisLedger
from agent_status_gateway.cli.notify.ledger.row import TOLD, Row
from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_publisher.contract.wire import Keys
from tests.contract.conftest import Backend

LEASE: Final = 60.0
START: Final = 1_000_000
KEYS: Final = Keys("default")
TIME: Final = "local time = redis.call('TIME')"
ID: Final = "msg_1"


class Step(NamedTuple):
    """A question to a ledger: by which notifier, how long after the one before, and about what."""

    verb: str
    by: int
    seconds: int
    entry: Entry


class Store:
    """A store of two notifiers' ledgers, at a moment that is given."""

    now = START

    def __init__(self, make: Callable[["Store"], Ledger], read: Callable[[str], Row | None]) -> None:
        self.ledgers = [make(self), make(self)]
        self.read = read


class TimedLedger(RedisLedger):
    """A ledger in Redis whose script takes the moment from its store."""

    def __init__(self, make_client: Callable[[], RedisClient], store: Store) -> None:
        super().__init__(make_client, KEYS)
        self._store = store

    async def _ask(self, *command: str) -> Sequence[Any]:
        verb, script, *rest = command
        assert TIME in script
        return await super()._ask(verb, script.replace(TIME, f"local time = {{{self._store.now}, 0}}"), *rest)


@pytest.fixture(params=["fakeredis", "real", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "file":
        path = tmp_path / "notify.sqlite"
        yield Store(lambda own: FileLedger(path, lambda: own.now), partial(row_in_file, path))
        return
    real = request.getfixturevalue("real_redis") if request.param == "real" else None
    backend = Backend(None if real else fakeredis.FakeServer(), real)

    def make_client() -> RedisClient:
        return RedisClient(real.url if real else backend.async_client(), KEYS)

    with backend.client() as client:
        yield Store(partial(TimedLedger, make_client), partial(row_in, client))


def row_in_file(path: Path, name: str) -> Row | None:
    with closing(sqlite3.connect(path)) as file:
        columns = "began, claimed, owner, id, after, over, untrue"
        found = file.execute(f"SELECT {columns} FROM told WHERE name = ?", (name,)).fetchone()
    return None if found is None else Row(*found)


def row_in(client: Any, name: str) -> Row | None:
    value = client.get(KEYS.told(name))
    if value is None:
        return None
    began, until, owner, id_, *moments = value.decode().split()
    seconds = [int(moment) / 1000 for moment in (began, *moments)]
    until = int(until) if int(until) == TOLD else int(until) / 1000
    return Row(seconds[0], until, owner.strip("-"), id_.strip("-"), *seconds[1:])


def entries() -> st.SearchStrategy[Entry]:
    """Entries of one thing, which are sessions' or of all sessions."""
    ages = st.integers(0, 40)

    def made(age: int, must_be_noted: bool, is_of_all: bool, before: float, over: int) -> Entry:
        return Entry("", age, must_be_noted, age + before if is_of_all else None, over)

    before = st.one_of(st.integers(0, 20), st.just(float("inf")))
    return st.builds(made, ages, st.booleans(), st.booleans(), before, st.integers(0, 40))


STEPS: Final = st.lists(
    st.builds(
        Step, st.sampled_from(["note", "claim", "settle", "end"]), st.integers(0, 1), st.integers(0, 40), entries()
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_ledger_answers_and_remembers_as_its_rules_do(store: Store, steps: list[Step]) -> None:
    name, row = name_of("idle", uuid4().hex, "ops"), None
    for step in steps:
        store.now += step.seconds
        entry = step.entry._replace(name=name)
        ledger: Any = store.ledgers[step.by]
        owner = ledger._owner
        acts: dict[str, Act] = {
            "note": noted,
            "claim": partial(claimed, owner=owner, id_=ID, lease_seconds=LEASE),
            "settle": partial(settled, owner=owner),
            "end": ended,
        }
        written, answer = acts[step.verb](row, entry, store.now)
        row = row if written is None else written
        given_answer = ledger.claim([entry], ID, LEASE) if step.verb == "claim" else getattr(ledger, step.verb)([entry])
        assert given_answer == ([answer] if step.verb == "claim" else None)
        assert store.read(name) == row
