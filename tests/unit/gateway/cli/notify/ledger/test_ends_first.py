"""A ledger that is told what is over before it is asked anything else."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from agent_status_gateway.cli.notify.ledger.ends_first import LAST_RETRY_SECONDS, EndsFirst
from agent_status_gateway.cli.notify.ledger.ledger import Claim, Entry, LedgerError

IDLE = Entry("idle", 50.0, False, 60.0, 0.0)
DEGRADED = Entry("degraded", 5.0, False, float("inf"), 0.0)


class Asked:
    """A ledger that keeps what it was asked, or cannot be asked."""

    def __init__(self) -> None:
        self.can_be_asked = True
        self.verbs: list[str] = []
        self.ends: list[list[Entry]] = []
        self.tries = 0

    def note(self, entries: Sequence[Entry]) -> None:  # noqa: ARG002 - as every ledger has it
        self._ask("note")

    def claim(self, entries: Sequence[Entry], id_: str, lease_seconds: float) -> list[Claim]:  # noqa: ARG002 - as above
        self._ask("claim")
        return [Claim(id_)] * len(entries)

    def settle(self, entries: Sequence[Entry]) -> None:  # noqa: ARG002 - as above
        self._ask("settle")

    def end(self, entries: Sequence[Entry]) -> None:
        self._ask("end")
        self.ends.append(list(entries))

    def _ask(self, verb: str) -> None:
        self.tries += 1
        if not self.can_be_asked:
            raise LedgerError("Redis: no answer within 5 s")
        self.verbs.append(verb)


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.asked = Asked()
        self.ledger = EndsFirst(self.asked, lambda: self.now)


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_over_is_noted_at_once_and_once(world: World) -> None:
    world.ledger.end([IDLE, DEGRADED])
    world.ledger.end([])
    world.ledger.note([IDLE])
    world.ledger.settle([IDLE])
    assert world.asked.ends == [[IDLE, DEGRADED]]
    assert world.asked.verbs == ["end", "note", "settle"]


@pytest.mark.parametrize("verb", ["note", "claim"])
def test_what_could_not_be_noted_is_sent_before_any_question_with_its_age_of_then(world: World, verb: str) -> None:
    # ends_first: Rule 1
    def ask() -> None:
        world.ledger.note([IDLE]) if verb == "note" else world.ledger.claim([IDLE], "msg_1", 30.0)

    world.asked.can_be_asked = False
    world.ledger.end([IDLE])
    world.now += 10.0
    with pytest.raises(LedgerError):
        ask()
    world.asked.can_be_asked = True
    ask()
    ask()
    assert world.asked.verbs == ["end", verb, verb]
    assert world.asked.ends == [[Entry("idle", 60.0, False, 70.0, 10.0)]]


def test_the_last_end_of_a_thing_is_kept(world: World) -> None:
    world.asked.can_be_asked = False
    world.ledger.end([IDLE])
    world.ledger.end([IDLE._replace(age_seconds=1.0)])
    world.asked.can_be_asked = True
    world.now += 1.0
    world.ledger.end([])
    assert [[entry.age_seconds for entry in ends] for ends in world.asked.ends] == [[2.0]]


def test_a_ledger_that_cannot_be_asked_is_tried_again_less_and_less_often(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    # ends_first: Rule 2
    world.asked.can_be_asked = False
    world.ledger.end([IDLE])
    tried_at = []
    for _ in range(1500):
        world.now += 0.1
        before = world.asked.tries
        world.ledger.end([])
        if world.asked.tries > before:
            tried_at.append(world.now)
    pauses = [round(later - earlier) for earlier, later in pairwise(tried_at)]
    assert pauses[:6] == [2, 4, 8, 16, 32, LAST_RETRY_SECONDS]
    assert "what is over cannot be noted yet: Redis: no answer" in caplog.text
    world.asked.can_be_asked = True
    world.now += LAST_RETRY_SECONDS
    world.ledger.end([])
    assert world.asked.verbs == ["end"]


def test_once_the_ledger_has_answered_what_is_over_is_noted_at_once_again(world: World) -> None:
    # ends_first: Rule 2
    world.asked.can_be_asked = False
    world.ledger.end([IDLE])
    world.asked.can_be_asked = True
    world.ledger.note([IDLE])
    world.ledger.end([DEGRADED])
    assert world.asked.verbs == ["end", "note", "end"]


def test_an_end_that_comes_while_another_is_sent_is_sent_after_it() -> None:
    later = IDLE._replace(age_seconds=1.0)

    class Slow(Asked):
        def end(self, entries: Sequence[Entry]) -> None:
            super().end(entries)
            if len(self.ends) == 1:
                ledger.end([later])

    asked = Slow()
    ledger = EndsFirst(asked, lambda: 1000.0)
    ledger.end([IDLE])
    ledger.note([])
    assert asked.ends[0] == [IDLE]
    assert asked.ends[1] == [later]
