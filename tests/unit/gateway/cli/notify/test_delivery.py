"""The way to one target: each thing once, again after a failure, and never twice after a refusal."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agent_status_gateway.cli.notify import backlog, delivery
from agent_status_gateway.cli.notify.attention.gathering import Item
from agent_status_gateway.cli.notify.attention.message import Message
from agent_status_gateway.cli.notify.attention.occurrence import Occurrence
from agent_status_gateway.cli.notify.attention.vigil import Episode
from agent_status_gateway.cli.notify.delivery import Delivery
from agent_status_gateway.cli.notify.ledger.file_ledger import FileLedger
from agent_status_gateway.cli.notify.ledger.ledger import Claim, Entry, Ledger, LedgerError
from agent_status_gateway.cli.notify.metrics import Metrics
from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.cli.notify.rules.when import When
from agent_status_gateway.cli.notify.targets.sent import Failed, Refused, Sent, Told
from chaos.wait import wait_until

RULE = Rule(when=When(state="waiting_for_user"), to=("ops",))


class Target:
    """A target that answers as it is told to, and then takes everything."""

    def __init__(self, *answers: Sent) -> None:
        self.answers = list(answers)
        self.messages: list[Message] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def check(self) -> None:
        pass

    def tell(self, message: Message, now: float) -> Sent:  # noqa: ARG002 - as every target has it
        self.messages.append(message)
        self.may_answer.wait()
        return self.answers.pop(0) if self.answers else Told()

    def keys(self) -> list[list[str | None]]:
        return [[fact["session_key"] for fact in message.facts] for message in self.messages]


class Broken:
    """A ledger that cannot be asked the first few times."""

    def __init__(self, ledger: Ledger, failures: int) -> None:
        self._ledger = ledger
        self._failures = failures

    def note(self, entries: Sequence[Entry]) -> None:
        self._ledger.note(entries)

    def claim(self, entries: Sequence[Entry], id_: str, lease_seconds: float) -> list[Claim]:
        if self._failures:
            self._failures -= 1
            raise LedgerError("Redis: no answer within 5 s")
        return self._ledger.claim(entries, id_, lease_seconds)

    def settle(self, entries: Sequence[Entry]) -> None:
        self._ledger.settle(entries)

    def end(self, entries: Sequence[Entry]) -> None:
        self._ledger.end(entries)


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(delivery, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(delivery, "LOOK_AGAIN_SECONDS", 0.01)


@pytest.fixture
def ledger(tmp_path: Path) -> FileLedger:
    return FileLedger(tmp_path / "notify.sqlite")


class Deliveries:
    """Deliveries that are stopped after the test."""

    def __init__(self) -> None:
        self._made: list[Delivery] = []
        self.metrics = Metrics()

    def to(self, target: Target, ledger: Ledger, may_tell: Callable[[Item], bool] = lambda _: True) -> Delivery:
        made = Delivery("ops", target, ledger, self.metrics)
        made.start(may_tell)
        self._made.append(made)
        return made

    def stop(self) -> bool:
        for made in self._made:
            made.stop()
        return all(made.join(10.0) for made in self._made)


@pytest.fixture
def deliveries() -> Iterator[Deliveries]:
    made = Deliveries()
    yield made
    assert made.stop()


def item(key: str, since: float = 10.0) -> Item:
    return Item(0, RULE, Episode(Occurrence("waiting_for_user", key, 0.0), since))


def test_what_two_notifiers_have_due_is_told_by_one_of_them(
    deliveries: Deliveries, ledger: FileLedger, tmp_path: Path
) -> None:
    # delivery: Rule 1
    target = Target()
    one, two = deliveries.to(target, ledger), deliveries.to(target, FileLedger(tmp_path / "notify.sqlite"))
    for number in range(20):
        one.offer([item(f"web:{number}")])
        two.offer([item(f"web:{number}")])
    assert deliveries.stop()
    assert sorted(target.keys()) == sorted([f"web:{number}"] for number in range(20))


def test_a_failure_is_tried_again_under_the_same_id_until_it_is_taken(
    deliveries: Deliveries, ledger: FileLedger
) -> None:
    # delivery: Rule 2
    target = Target(Failed("503"), Failed("503", 0.05), Told())
    deliveries.to(target, ledger).offer([item("web:1")])
    wait_until(lambda: len(target.messages) == 3, "the third try")
    assert len({message.id for message in target.messages}) == 1


def test_a_refusal_is_not_tried_again_and_what_comes_after_it_is_told(
    deliveries: Deliveries, ledger: FileLedger
) -> None:
    target = Target(Refused("404"))
    to_target = deliveries.to(target, ledger)
    to_target.offer([item("web:1")])
    to_target.offer([item("web:2")])
    wait_until(lambda: target.keys() == [["web:1"], ["web:2"]], "both are tried once")
    to_target.offer([item("web:1")])
    to_target.offer([item("web:3")])
    wait_until(lambda: target.keys()[2:] == [["web:3"]], "what was refused is settled")


def test_what_is_over_before_a_try_is_not_told(deliveries: Deliveries, ledger: FileLedger) -> None:
    # delivery: Rule 3
    target = Target(Failed("503"))
    target.may_answer.clear()
    over, true = item("web:over"), item("web:true")
    deliveries.to(target, ledger).offer([over, true])
    wait_until(lambda: target.messages, "the first try")
    over.episode.is_over = True
    target.may_answer.set()
    wait_until(lambda: target.keys() == [["web:over", "web:true"], ["web:true"]], "the second try")


DROPPED = "target ops: too much waits for it: {} things are dropped"


def dropped(metrics: Metrics) -> float:
    (found,) = re.findall(r'messages_total{outcome="dropped",target="ops"} (\S+)', metrics.expose().decode())
    return float(found)


def test_what_has_not_happened_yet_is_counted_as_0(deliveries: Deliveries, ledger: FileLedger) -> None:
    """Otherwise an alert on an increase would not see the first refusal."""
    deliveries.to(Target(), ledger)
    counted = re.findall(r'messages_total{outcome="(\w+)",target="ops"} (\S+)', deliveries.metrics.expose().decode())
    assert dict(counted) == dict.fromkeys(("told", "refused", "failed", "dropped"), "0.0")


def test_what_does_not_fit_is_dropped_and_counted_and_said_once_a_minute(
    deliveries: Deliveries, ledger: FileLedger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # delivery: Rule 4
    monkeypatch.setattr(backlog, "MOST_BATCHES", 1)
    target = Target()
    target.may_answer.clear()
    to_target = deliveries.to(target, ledger)
    to_target.offer([item("web:1")])
    wait_until(lambda: target.messages, "the first is being told")
    to_target.offer([item("web:2")])
    for number in range(3, 6):
        to_target.offer([item(f"web:{number}"), item(f"web:{number}:too")])
    assert dropped(deliveries.metrics) == 6
    assert caplog.messages == [DROPPED.format(2)]
    target.may_answer.set()
    assert deliveries.stop()
    assert target.keys() == [["web:1"], ["web:2"]]
    assert caplog.messages == [DROPPED.format(2), DROPPED.format(4)], "the rest is said at the end"


def test_what_may_not_be_told_now_has_a_limit_too(
    deliveries: Deliveries, ledger: FileLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    # delivery: Rule 4
    monkeypatch.setattr(backlog, "MOST_THINGS", 3)
    monkeypatch.setattr(delivery, "LOOK_AGAIN_SECONDS", 3600.0)
    to_target = deliveries.to(Target(), ledger, lambda _: False)
    for number in range(10):
        to_target.offer([item(f"web:{number}")])
    assert deliveries.stop()
    assert dropped(deliveries.metrics) == 7


def test_a_ledger_that_cannot_be_asked_delays_what_is_told(
    deliveries: Deliveries, ledger: FileLedger, caplog: pytest.LogCaptureFixture
) -> None:
    target = Target()
    deliveries.to(target, Broken(ledger, failures=3)).offer([item("web:1")])
    wait_until(lambda: target.keys() == [["web:1"]], "it is told once the ledger answers")
    assert "what was told cannot be looked up, so nothing is told: Redis: no answer" in caplog.text


def test_a_stop_tries_what_waits_once_and_leaves_the_rest_to_the_next_start(
    deliveries: Deliveries, ledger: FileLedger, tmp_path: Path
) -> None:
    target = Target(Failed("503"), Failed("503"))
    target.may_answer.clear()
    to_target = deliveries.to(target, ledger)
    to_target.offer([item("web:1")])
    to_target.offer([item("web:2")])
    wait_until(lambda: target.messages, "the first is being told")
    to_target.stop()
    target.may_answer.set()
    assert to_target.join(10.0)
    assert target.keys() == [["web:1"], ["web:1"], ["web:2"]], "once more, since the first try was from before"
    old = to_target.entries([item("web:1")])[0]._replace(must_be_noted=True)
    (answer,) = FileLedger(tmp_path / "notify.sqlite").claim([old], "msg_2", 30.0)
    assert answer.id is not None, "it is free at once"


def test_what_another_notifier_left_unfinished_is_told_when_its_lease_is_over(
    deliveries: Deliveries, ledger: FileLedger, tmp_path: Path
) -> None:
    target = Target()
    to_target = deliveries.to(target, ledger)
    dead = FileLedger(tmp_path / "notify.sqlite")
    dead.claim(to_target.entries([item("web:1")]), "msg_dead", 0.3)
    to_target.offer([item("web:1")])
    wait_until(lambda: target.messages, "the lease is over")
    assert [message.id for message in target.messages] == ["msg_dead"]


def test_what_may_not_be_told_at_a_try_waits_until_it_may(deliveries: Deliveries, ledger: FileLedger) -> None:
    # delivery: Rule 3
    target, may = Target(Failed("503")), threading.Event()
    asked = threading.Event()

    def may_tell(_item: Item) -> bool:
        is_first = not target.messages
        if not is_first:
            asked.set()
        return is_first or may.is_set()

    deliveries.to(target, ledger, may_tell).offer([item("web:1")])
    wait_until(asked.is_set, "the second try is looked at")
    assert len(target.messages) == 1
    may.set()
    wait_until(lambda: len(target.messages) == 2, "it is told")
    assert len({message.id for message in target.messages}) == 1


def test_what_two_rules_tell_is_told_once(deliveries: Deliveries, ledger: FileLedger) -> None:
    target = Target()
    deliveries.to(target, ledger).offer([item("web:1"), item("web:1")])
    wait_until(lambda: target.messages, "it is told")
    assert target.keys() == [["web:1"]]


def test_a_target_with_a_defect_loses_no_message(
    deliveries: Deliveries, ledger: FileLedger, caplog: pytest.LogCaptureFixture
) -> None:
    class Defective(Target):
        def tell(self, message: Message, now: float) -> Sent:
            if not self.messages:
                self.messages.append(message)
                raise RuntimeError("a defect")
            return super().tell(message, now)

    target = Defective()
    deliveries.to(target, ledger).offer([item("web:1")])
    wait_until(lambda: len(target.messages) == 2, "it is tried again")
    assert "target ops has a defect" in caplog.text
