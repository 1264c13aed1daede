"""What was told, and what is being told: the same rules in Redis and in a file."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent_status_gateway.cli.notify.ledger import boot as boot_module
from agent_status_gateway.cli.notify.ledger.boot import Boot, this_boot
from agent_status_gateway.cli.notify.ledger.file_ledger import FileLedger
from agent_status_gateway.cli.notify.ledger.ledger import Claim, Entry, Ledger, LedgerError, name_of
from agent_status_gateway.cli.notify.ledger.redis_ledger import RedisLedger
from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_publisher.contract.wire import Keys
from chaos.wait import wait_until
from tests.contract.conftest import Backend

LEASE = 60.0
Make = Callable[[], Ledger]


@pytest.fixture(params=["fakeredis", "real", "file"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Make ledgers of one store, each of another notifier."""
    if request.param == "file":
        yield lambda: FileLedger(tmp_path / "state" / "notify.sqlite")
        return
    keys = Keys("default")
    if request.param == "real":
        url = request.getfixturevalue("real_redis").url
        yield lambda: RedisLedger(lambda: RedisClient(url, keys), keys)
        return
    import fakeredis  # noqa: PLC0415

    backend = Backend(fakeredis.FakeServer(), None)
    yield lambda: RedisLedger(lambda: RedisClient(backend.async_client(), keys), keys)


def entry(session: str = "web:1", age: float = 10.0, *, must_be_noted: bool = False) -> Entry:
    return Entry(name_of("waiting_for_user 60", session, "ops"), age, must_be_noted)


def test_a_thing_that_nobody_tells_can_be_claimed_and_has_the_claims_id(make: Make) -> None:
    assert make().claim([entry(), entry("web:2")], "msg_1", LEASE) == [Claim("msg_1"), Claim("msg_1")]


def test_what_another_notifier_tells_is_to_be_asked_for_again_later(make: Make) -> None:
    # ledger: Rule 2
    one, two = make(), make()
    one.note([entry()])
    assert one.claim([entry()], "msg_1", LEASE) == [Claim("msg_1")]
    (answer,) = two.claim([entry()], "msg_2", LEASE)
    assert answer.id is None
    assert answer.wait_seconds is not None
    assert 0 < answer.wait_seconds <= LEASE
    assert one.claim([entry()], "msg_9", LEASE) == [Claim("msg_1")]


def test_what_was_told_is_told_by_nobody_again(make: Make) -> None:
    one, two = make(), make()
    one.claim([entry()], "msg_1", LEASE)
    one.settle([entry()])
    assert [ledger.claim([entry()], "msg_2", LEASE) for ledger in (one, two, make())] == [[Claim(None)]] * 3


def test_after_a_death_the_next_one_tells_it_under_the_same_id(make: Make) -> None:
    # ledger: Rule 3
    make().claim([entry()], "msg_1", 0.05)
    two = make()
    answers: list[Claim] = []

    def is_claimed() -> bool:
        answers[:] = two.claim([entry()], "msg_2", LEASE)
        return answers[0].id is not None

    wait_until(is_claimed, "the lease of the dead notifier is over")
    assert answers == [Claim("msg_1")]


def test_what_was_noted_is_told_by_the_next_start_and_what_was_not_is_not(make: Make) -> None:
    # ledger: Rule 1
    make().note([entry("web:noted")])
    old = [entry("web:noted", must_be_noted=True), entry("web:unknown", must_be_noted=True)]
    after = make()
    after.note(old)
    assert after.claim(old, "msg_1", LEASE) == [Claim("msg_1"), Claim(None)]


def test_what_began_at_another_moment_is_another_thing(make: Make) -> None:
    # ledger: Rule 4
    ledger = make()
    ledger.claim([entry(age=100.0)], "msg_1", LEASE)
    ledger.settle([entry(age=100.0)])
    assert ledger.claim([entry(age=101.5)], "msg_2", LEASE) == [Claim(None)]
    assert ledger.claim([entry(age=10.0)], "msg_2", LEASE) == [Claim("msg_2")]


def idle(untrue: float, age: float, **more: Any) -> Entry:
    """Idle, which was not so that many seconds ago, and was first seen so many seconds ago."""
    return Entry(name_of("idle 0", "", "ops"), age, untrue_seconds=untrue, **more)


def test_what_is_true_of_all_sessions_is_told_once_until_some_notifier_says_that_it_is_over(make: Make) -> None:
    # ledger: Rule 5
    one, two = make(), make()
    one.note([idle(60.1, 60.0)])
    assert one.claim([idle(60.1, 60.0)], "msg_1", LEASE) == [Claim("msg_1")]
    one.settle([idle(60.1, 60.0)])
    cut_off, restarted = idle(90.0, 1.0), idle(float("inf"), 0.0)
    assert two.claim([cut_off, restarted], "msg_2", LEASE) == [Claim(None), Claim(None)]
    two.end([idle(90.0, 50.0, over_seconds=20.0)])
    assert two.claim([restarted], "msg_2", LEASE) == [Claim("msg_2")]
    assert one.claim([idle(20.0, 10.0)], "msg_1", LEASE)[0].id is None


def test_a_file_of_an_older_version_is_used_as_it_is_and_what_was_told_counts(tmp_path: Path) -> None:
    path, now = tmp_path / "notify.sqlite", 1e9
    with closing(sqlite3.connect(path)) as file:
        file.execute(
            "CREATE TABLE told (name TEXT PRIMARY KEY, began REAL NOT NULL, claimed REAL NOT NULL, owner TEXT NOT NULL,"
            " id TEXT NOT NULL, forget REAL NOT NULL)"
        )
        for name in (entry().name, idle(0, 0).name):
            file.execute("INSERT INTO told VALUES (?, ?, -1, 'x', 'msg_0', ?)", (name, now - 60.0, now + 60.0))
        file.commit()
    ledger = FileLedger(path, lambda: now)
    known = [entry(age=60.0), idle(float("inf"), 0.0)]
    assert ledger.claim(known, "msg_1", LEASE) == [Claim(None), Claim(None)]
    assert FileLedger(path, lambda: now).claim([entry(age=10.0)], "msg_1", LEASE) == [Claim("msg_1")]


def test_what_an_older_version_has_told_in_redis_counts(backend: Backend) -> None:
    keys = Keys("default")
    url = backend.real.url if backend.real else None
    ledger = RedisLedger(lambda: RedisClient(url or backend.async_client(), keys), keys)
    began_ms = int(1000 * (time.time() - 60.0))
    with backend.client() as client:
        for name in (entry().name, idle(0, 0).name):
            client.set(keys.told(name), f"{began_ms} -1 x msg_0", px=60_000)
    known = [entry(age=60.0), idle(float("inf"), 0.0)]
    assert ledger.claim(known, "msg_1", LEASE) == [Claim(None), Claim(None)]
    assert ledger.claim([idle(30.0, 20.0)], "msg_1", LEASE) == [Claim("msg_1")]


def test_who_has_not_claimed_it_cannot_settle_it(make: Make) -> None:
    one, two = make(), make()
    one.claim([entry()], "msg_1", LEASE)
    two.settle([entry()])
    assert one.claim([entry()], "msg_1", LEASE) == [Claim("msg_1")]


def test_however_many_things_are_due_each_is_told_once_and_answered_in_order(make: Make) -> None:
    entries = [entry(f"web:{number}") for number in range(2500)]
    one, two = make(), make()
    one.note(entries)
    one.claim(entries[:1200], "msg_1", LEASE)
    one.settle(entries[:1200])
    assert two.claim(entries, "msg_2", LEASE) == [Claim(None)] * 1200 + [Claim("msg_2")] * 1300


def test_a_question_to_redis_is_of_a_thousand_things_at_most() -> None:
    """Redis does nothing else while its script runs."""
    keys, asked = Keys("default"), []

    class Counting(RedisLedger):
        async def _ask(self, *command: str) -> list[str]:
            asked.append(int(command[2]))
            return [""] * asked[-1]

    ledger = Counting(lambda: RedisClient("redis://127.0.0.1:1/0", keys), keys)
    assert ledger.claim([entry(f"web:{number}") for number in range(2500)], "msg_1", LEASE) == [Claim(None)] * 2500
    assert asked == [1000, 1000, 500]


def test_no_entries_are_no_question(make: Make) -> None:
    assert make().claim([], "msg_1", LEASE) == []


def test_a_redis_that_does_not_answer_is_a_sentence_without_the_password() -> None:
    keys = Keys("default")
    ledger = RedisLedger(lambda: RedisClient("redis://:secret@127.0.0.1:1/0", keys), keys)
    with pytest.raises(LedgerError, match=r"^Redis: ") as raised:
        ledger.claim([entry()], "msg_1", LEASE)
    assert "secret" not in str(raised.value)


def test_a_file_that_cannot_be_used_is_a_sentence_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    with pytest.raises(LedgerError, match="plain"):
        FileLedger(tmp_path / "plain" / "notify.sqlite")
    (tmp_path / "garbage").write_bytes(b"not a database" * 1000)
    with pytest.raises(LedgerError, match="garbage"):
        FileLedger(tmp_path / "garbage")


def test_a_file_forgets_what_was_told_long_ago_and_bears_a_clock_that_steps(tmp_path: Path) -> None:
    now = [time.time()]
    ledger = FileLedger(tmp_path / "notify.sqlite", lambda: now[0])
    ledger.claim([entry()], "msg_1", LEASE)
    ledger.settle([entry()])
    now[0] -= 3600.0  # a step back: the same key began an hour earlier by this clock, so it is another thing
    assert ledger.claim([entry()], "msg_2", LEASE) == [Claim("msg_2")]
    now[0] += 30 * 86_400.0
    ledger.note([])
    assert ledger.claim([entry(age=30 * 86_400.0 + 10.0, must_be_noted=True)], "msg_3", LEASE) == [Claim(None)]


@pytest.mark.parametrize("step_seconds", [-3600.0, -4.0, 4.0, 3600.0, 8 * 86_400.0])
def test_a_step_of_the_machines_clock_makes_nothing_new_that_a_file_knows(tmp_path: Path, step_seconds: float) -> None:
    # file_ledger: Rule 1
    wall, since_boot = [1e9], [500.0]

    def ledger() -> FileLedger:
        return FileLedger(tmp_path / "notify.sqlite", lambda: wall[0], Boot("this", lambda: since_boot[0]))

    one = ledger()
    one.note([entry("web:noted")])
    one.claim([entry("web:told"), entry("web:claimed")], "msg_1", LEASE)
    one.settle([entry("web:told")])
    wall[0] += step_seconds
    since_boot[0] += 1.0
    asked = [entry(f"web:{name}", 11.0, must_be_noted=True) for name in ("noted", "told", "claimed")]
    assert ledger().claim(asked, "msg_2", LEASE) == [Claim("msg_2"), Claim(None), Claim(None, LEASE - 1)]
    one.settle([entry("web:claimed", 11.0)])
    assert ledger().claim([asked[2]], "msg_3", LEASE) == [Claim(None)]


def test_after_a_restart_of_the_machine_its_clock_counts(tmp_path: Path) -> None:
    # file_ledger: Rule 1
    file = tmp_path / "notify.sqlite"
    before = FileLedger(file, lambda: 1e9, Boot("before", lambda: 500.0))
    before.claim([entry()], "msg_1", LEASE)
    before.settle([entry()])
    after = FileLedger(file, lambda: 1e9 + 60, Boot("after", lambda: 7.0))
    assert after.claim([entry(age=70.0)], "msg_2", LEASE) == [Claim(None)]


def test_a_machine_says_when_it_was_started() -> None:
    boot = this_boot()
    assert boot is not None
    assert boot.id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert 0 < boot.seconds() <= boot.seconds()


def test_a_system_that_does_not_say_when_it_was_started_has_its_clock_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot_module, "BOOT_ID_FILE", tmp_path / "none")
    assert this_boot() is None
