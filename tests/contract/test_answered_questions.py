"""What the write script remembers of runs, and which questions it refuses."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis

from agent_status_publisher.contract.wire import (
    WRITE_SCRIPT,
    Keys,
    Remembered,
    WorkerRecord,
    WriteAnswer,
    answered_keys,
    encode_record,
    remembered_by,
    write_arguments,
)
from chaos.workers.reports import ended, record, session
from tests.contract.conftest import Backend

KEYS = Keys("test")
KEY = "web:1"
QUESTION = record("asker", session(KEY, "waiting_for_user", changed_ms=10_000, run_ms=60_000))


class Desk:
    """The write script as a call that numbers its reports, and builds on the last one of a worker that was taken."""

    def __init__(self, client: redis.Redis, script: str = WRITE_SCRIPT) -> None:
        self.client = client
        self.remembered: dict[str, Remembered] = {}
        self.now = 0.0
        self._script = client.register_script(script)
        self._seq = 0

    def write(self, said: WorkerRecord, *, names_all: bool = False) -> list[Any]:
        self._seq += 1
        keys, arguments = write_arguments(
            *(KEYS, said, self._seq, encode_record(said)),
            sharded=False,
            drafted_at=self.now,
            remembered=self.remembered.get(said.id),
            names_all=names_all,
        )
        reply: list[Any] = self._script(keys=keys, args=arguments)
        if reply[0] == WriteAnswer.TAKEN:
            self.remembered[said.id] = remembered_by(reply, self._seq, self.now, self.now)
        return reply

    def writes(self, said: WorkerRecord) -> None:
        assert self.write(said)[0] == WriteAnswer.TAKEN

    def starts(self, key: str = KEY) -> bytes:
        """The starts of a session key's runs that are remembered."""
        found: Any = self.client.hget(KEYS.runs, key)
        assert found is not None
        return bytes(found)

    def is_refused(self, said: WorkerRecord = QUESTION) -> bool:
        reply = self.write(said, names_all=True)
        assert reply[0] in {WriteAnswer.TAKEN, WriteAnswer.ANSWERED}
        return bool(reply[0] == WriteAnswer.ANSWERED)


@pytest.fixture
def desk(backend: Backend) -> Iterator[Desk]:
    with backend.client() as client:
        yield Desk(client)


@pytest.mark.parametrize(
    "answer",
    [
        record("other", session(KEY, run_ms=5_000)),
        record("other", session(KEY, "waiting_for_user", run_ms=5_000, changed_ms=1_000)),
        record("other", ended=(ended(KEY, run_ms=5_000),)),
        record("other", ended=(ended(KEY, run_ms=5_000),), left=True),
    ],
    ids=["goes on", "asks", "has ended", "has left"],
)
def test_a_question_is_refused_and_not_stored_once_another_worker_has_begun_a_newer_run(
    desk: Desk, answer: WorkerRecord
) -> None:
    desk.writes(QUESTION)
    before = desk.client.hgetall(KEYS.worker("asker"))
    desk.writes(answer)
    reply = desk.write(QUESTION)
    assert (reply[0], answered_keys(reply)) == (WriteAnswer.ANSWERED, (KEY,))
    assert desk.client.hgetall(KEYS.worker("asker")) == before
    desk.writes(record("asker"))


def test_a_run_that_began_before_the_question_has_not_answered_it(desk: Desk) -> None:
    desk.writes(record("other", ended=(ended(KEY, run_ms=20_000),)))
    assert not desk.is_refused()


def test_a_worker_does_not_answer_itself(desk: Desk) -> None:
    desk.writes(record("asker", session(KEY, run_ms=1_000)))
    assert not desk.is_refused()


def test_work_is_not_refused_whoever_began_a_newer_run(desk: Desk) -> None:
    desk.writes(record("other", session(KEY, run_ms=1_000)))
    desk.writes(record("asker", session(KEY, "tool_running", run_ms=60_000)))


def test_only_the_questions_that_were_answered_are_named(desk: Desk) -> None:
    keys = [f"web:ü{number}" for number in range(1000)]
    desk.writes(record("other", *(session(key) for key in keys[::2])))
    questions = (session(key, "waiting_for_user", changed_ms=9_000, run_ms=9_000) for key in keys)
    reply = desk.write(record("asker", *questions))
    assert sorted(answered_keys(reply)) == sorted(keys[::2])


def test_a_later_report_of_an_older_run_does_not_hide_who_answered(desk: Desk) -> None:
    desk.writes(record("other", session(KEY, run_ms=5_000)))
    for number in range(3):
        desk.writes(record(f"w{number}", session(KEY, run_ms=50_000)))
    desk.writes(record("asker", session(KEY, run_ms=60_000)))
    assert desk.is_refused()


def test_of_many_workers_with_one_key_the_newest_starts_are_remembered(desk: Desk) -> None:
    for number in range(10):
        desk.writes(record(f"w{number}", session(KEY, run_ms=1_000 * (5 + number))))
    assert desk.is_refused()
    assert len(desk.starts().split()) == 8


def test_a_start_that_was_late_is_put_right_by_its_workers_next_report(desk: Desk) -> None:
    desk.writes(record("other", session(KEY, run_ms=5_000)))
    desk.write(record("other", session(KEY, run_ms=20_000)), names_all=True)
    assert not desk.is_refused()


def test_a_report_that_builds_on_the_last_one_names_only_what_has_begun_since(desk: Desk) -> None:
    desk.writes(record("other", session(KEY, run_ms=5_000)))
    desk.client.hdel(KEYS.runs, KEY)
    desk.writes(record("other", session(KEY, run_ms=5_000)))
    assert desk.client.hget(KEYS.runs, KEY) is None
    desk.writes(record("other", session(KEY, run_ms=0), ended=(ended("web:2", run_ms=0),)))
    assert {KEY.encode(), b"web:2"} < set(desk.client.hkeys(KEYS.runs))


def forget_all(desk: Desk) -> None:
    desk.client.flushall()


def forget_runs(desk: Desk) -> None:
    desk.client.delete(KEYS.runs)


def begin_again(desk: Desk) -> None:
    desk.client.delete(KEYS.runs)
    desk.writes(record("third"))


def go_back_to_an_older_copy(desk: Desk) -> None:
    desk.client.hset(KEYS.worker("other"), "seq", "0")


def step_the_clock(desk: Desk) -> None:
    step_back(desk, "other", -20_000)


def step_back(desk: Desk, worker: str, back_ms: int) -> None:
    """Have Redis's clock be this far behind what it was when the worker's last report was taken, as it sees it."""
    last = desk.remembered[worker]
    desk.remembered[worker] = replace(last, at_ms=last.at_ms + back_ms)


@pytest.mark.parametrize("forget", [forget_all, forget_runs, begin_again, go_back_to_an_older_copy, step_the_clock])
def test_a_report_that_builds_on_what_is_forgotten_is_refused_until_it_names_all(desk: Desk, forget: Any) -> None:
    said = record("other", session(KEY, run_ms=5_000))
    desk.writes(said)
    forget(desk)
    before = desk.client.hgetall(KEYS.worker("other"))
    assert desk.write(said)[0] == WriteAnswer.FORGOTTEN
    assert desk.client.hgetall(KEYS.worker("other")) == before
    assert desk.write(said, names_all=True)[0] == WriteAnswer.TAKEN
    assert desk.is_refused()


def test_after_a_step_back_of_the_clock_nothing_is_remembered(desk: Desk) -> None:
    desk.writes(record("other", session(KEY)))
    used, memory = desk.starts("").split()
    desk.client.hset(KEYS.runs, "", b"%d %s" % (int(used) + 20_000, memory))
    assert not desk.is_refused()
    assert desk.starts("").split()[1] != memory


@pytest.mark.parametrize("worker", ["asker", "third"])
def test_a_step_back_since_a_workers_last_report_makes_no_earlier_run_newer_than_a_question(
    desk: Desk, worker: str
) -> None:
    desk.writes(record("other", session(KEY)))
    for name in {worker, "asker"}:
        desk.writes(record(name))
    step_back(desk, worker, 3_000)
    assert desk.write(record(worker))[0] == WriteAnswer.FORGOTTEN
    assert desk.write(record(worker), names_all=True)[0] == WriteAnswer.TAKEN
    assert desk.write(QUESTION)[0] == (WriteAnswer.TAKEN if worker == "asker" else WriteAnswer.FORGOTTEN)
    assert not desk.is_refused()


def test_a_step_back_is_shown_by_a_worker_of_the_same_memory_alone(desk: Desk) -> None:
    for name in ("asker", "third"):
        desk.writes(record(name))
    for name in ("asker", "third"):
        step_back(desk, name, 3_000)
    desk.write(record("third"), names_all=True)
    desk.writes(record("other", session(KEY)))
    assert desk.is_refused(), "the memory was begun again since the step, and the new run is in it"


@pytest.mark.parametrize("back_ms", [0, 200])
def test_nothing_is_forgotten_when_a_worker_names_all_after_no_step_or_a_small_one(desk: Desk, back_ms: int) -> None:
    desk.writes(record("asker"))
    desk.writes(record("other", session(KEY)))
    step_back(desk, "asker", back_ms)
    assert desk.is_refused()


def test_what_is_remembered_is_kept_for_a_day_at_most(desk: Desk) -> None:
    desk.writes(record("other", session(KEY)))
    assert 86_000_000 < desk.client.pttl(KEYS.runs) <= 86_400_000


@pytest.fixture
def crowded(backend: Backend) -> Iterator[Desk]:
    """A desk that remembers ten keys."""
    small = WRITE_SCRIPT.replace("MAX_KEYS = 500000", "MAX_KEYS = 10")
    assert small != WRITE_SCRIPT
    with backend.client() as client:
        desk = Desk(client, small)
        desk.writes(record("other", *[session(f"web:{number}") for number in range(10)]))
        yield desk


def test_a_full_memory_remembers_no_new_keys_and_goes_on_with_those_it_has(crowded: Desk) -> None:
    crowded.writes(record("third", session("web:1"), session("new:1")))
    assert len(crowded.client.hkeys(KEYS.runs)) == 11
    crowded.writes(record("third", session("web:1"), session("new:1"), session("new:2")))
    assert not crowded.client.hexists(KEYS.runs, "new:1")
    assert b"third" in crowded.starts("web:1")
    assert crowded.is_refused(record("asker", session("web:1", "waiting_for_user", changed_ms=10_000, run_ms=60_000)))


def test_a_full_memory_is_begun_again_when_it_is_ten_minutes_old(crowded: Desk) -> None:
    mark: Any = crowded.client.hget(KEYS.runs, "")
    used, began = mark.split()
    worker, seq, at_ms = began.rsplit(b".", 2)
    crowded.client.hset(KEYS.runs, "", b"%b %b.%b.%d" % (used, worker, seq, int(at_ms) - 600_001))
    crowded.client.hset(KEYS.runs, "web:11", "x 1")
    crowded.writes(record("third", session("new:1")))
    assert set(crowded.client.hkeys(KEYS.runs)) == {b"", b"new:1"}
    assert 86_000_000 < crowded.client.pttl(KEYS.runs) <= 86_400_000


@pytest.mark.parametrize("junk", ["", "junk", "w1", "w1 x", "1 2 3"])
def test_junk_among_what_is_remembered_stops_no_report(desk: Desk, junk: str) -> None:
    desk.client.hset(KEYS.runs, mapping={"": junk, KEY: junk})
    desk.client.expire(KEYS.runs, 60)
    desk.writes(QUESTION)
    desk.client.hset(KEYS.runs, KEY, junk)
    desk.write(record("asker", session(KEY)))
    desk.writes(record("other", session(KEY)))


def test_a_key_of_the_wrong_type_is_replaced(desk: Desk) -> None:
    desk.client.set(KEYS.runs, "somebody else's", ex=60)
    desk.writes(QUESTION)
    assert desk.client.type(KEYS.runs) == b"hash"


def test_a_caller_with_two_keys_is_served_as_before_and_refused_nothing(desk: Desk) -> None:
    """The call of publishers before 28 November 2026, and of other languages."""
    desk.writes(record("other", session(KEY)))
    arguments: list[Any] = [KEYS.events, "asker", 1, QUESTION.ttl_ms, encode_record(QUESTION), "PUBLISH"]
    script = desk.client.register_script(WRITE_SCRIPT)
    taken, at, error = script(keys=[KEYS.worker("asker"), KEYS.workers], args=arguments)
    assert (taken, int(at) > 0, error) == (1, True, b"")
    assert script(keys=[KEYS.worker("asker"), KEYS.workers], args=arguments) == [0, b"1", b""]
