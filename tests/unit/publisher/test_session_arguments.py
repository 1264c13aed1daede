"""Whatever an agent passes: no call raises or is told twice, and the next report can be read."""

import decimal
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from agent_status_publisher.contract.decoding.repeated import decode_record
from agent_status_publisher.contract.report import encode_record
from agent_status_publisher.session import Session
from agent_status_publisher.testing import RecordingPublisher
from agent_status_publisher.worker.never_raise import never_raise

KEY = "web:1"


class Refusing:
    """A value all of whose own code fails, as that of a tensor does that is not one number."""

    def _refuse(self, *_: object) -> Any:
        raise RuntimeError("not a single value")

    __bool__ = __eq__ = __float__ = __hash__ = __index__ = __iter__ = __len__ = __repr__ = __str__ = _refuse
    items = keys = _refuse


class RefusingText(str):
    """A text all of whose own code fails."""

    __slots__ = ()
    __bool__ = __eq__ = __hash__ = __iter__ = __len__ = __repr__ = __str__ = Refusing._refuse


VALUES: dict[str, object] = {
    "None": None,
    "a boolean": True,
    "a negative number": -1,
    "a huge number": 10**5000,
    "a huge negative number": -(10**5000),
    "not a number": math.nan,
    "infinity": math.inf,
    "a signalling decimal": decimal.Decimal("sNaN"),
    "a huge decimal": decimal.Decimal("1e9999"),
    "a complex number": 1j,
    "an empty text": "",
    "a long text": "x" * 10_000,
    "a lone surrogate": "\ud800",
    "two lines": "a\nb",
    "a script": "javascript:alert(1)",
    "bytes": b"\xff",
    "a list": [1],
    "pairs that are none": [("a",)],
    "nine labels": {str(number): "x" for number in range(9)},
    "a thousand labels": {str(number): "x" * 200 for number in range(1000)},
    "labels of numbers": {1: 2},
    "a refusing object": Refusing(),
    "a refusing text": RefusingText("approval"),
    "a function": len,
}
OF_PUBLISHER: dict[str, Callable[[RecordingPublisher, Any], object]] = {
    "session": lambda publisher, value: publisher.session(value),
    "session title": lambda publisher, value: publisher.session(KEY, value),
    "session parent": lambda publisher, value: publisher.session(KEY, parent=value),
    "session link": lambda publisher, value: publisher.session(KEY, link=value),
    "session labels": lambda publisher, value: publisher.session(KEY, labels=value),
    "publish": lambda publisher, value: publisher.publish(KEY, value),
    "publish a tool": lambda publisher, value: publisher.publish(KEY, "tool_running", tool_name=value),
    "publish an error": lambda publisher, value: publisher.publish(KEY, "error", error_message=value),
    "publish a wait": lambda publisher, value: publisher.publish(KEY, "waiting_for_user", waiting_for=value),
    "end": lambda publisher, value: publisher.session("web:2").end(value),
    "flush": lambda publisher, value: None if isinstance(value, int | float) else publisher.flush(value),
}
OF_SESSION: dict[str, Callable[[Session, Any], object]] = {
    "title": lambda session, value: setattr(session, "title", value),
    "link": lambda session, value: setattr(session, "link", value),
    "label": lambda session, value: session.label("name", value),
    "label by name": lambda session, value: session.label(value, "value"),
    "waiting_for_user": lambda session, value: session.waiting_for_user(value),
    "tool_running": lambda session, value: session.tool_running(value),
    "tool_start": lambda session, value: session.tool_start("bash", value),
    "tool_end": lambda session, value: session.tool_end(value),
    "error": lambda session, value: session.error(value),
    "usage": lambda session, value: session.usage(input=value, output=value),
    "add_usage": lambda session, value: session.add_usage(input=value),
    "context": lambda session, value: session.context(used=value, window=200),
    "context by window": lambda session, value: session.context(used=1, window=value),
    "cost": lambda session, value: session.cost(usd=value),
    "add_cost": lambda session, value: session.add_cost(usd=value),
    "progress": lambda session, value: session.progress(done=value, of=7),
    "progress of": lambda session, value: session.progress(done=9, of=value),
}


def make(call: str, publisher: RecordingPublisher, session: Session, value: object) -> None:
    if call in OF_PUBLISHER:
        OF_PUBLISHER[call](publisher, value)
    else:
        OF_SESSION[call](session, value)


def check_next_report(publisher: RecordingPublisher) -> None:
    """What would be written to Redis now is read as it is meant."""
    worker = publisher._newest()
    assert worker is not None
    with worker.lock:
        record = worker.outbox.draft().record
    assert decode_record(encode_record(record)).sessions == record.sessions


@pytest.mark.parametrize("call", [*OF_PUBLISHER, *OF_SESSION])
@pytest.mark.parametrize("is_over", [False, True])
def test_no_value_raises_into_the_agent_or_spoils_its_report(call: str, is_over: bool) -> None:
    for name, value in VALUES.items():
        publisher = RecordingPublisher()
        session = publisher.session(KEY, "Fix")
        if is_over:
            session.end()
        for _ in range(2):
            make(call, publisher, session, value)
        told = [str(error) for error in publisher.errors]
        assert len(told) == len(set(told)), name
        assert all(len(sentence) < 600 for sentence in told), name
        check_next_report(publisher)


WRONG: dict[str, Callable[[int], object]] = {
    "session": lambda n: f"a\n{n}",
    "session labels": lambda n: {f"a:{m}": "x" for m in range(n + 1)},
    "session parent": lambda n: "x" * (10_000 + n),
    "publish": lambda n: f"state {n}",
    "flush": lambda n: f"{n} s",
    "end": lambda n: f"outcome {n}",
    "label by name": lambda n: f"a:{n}",
    "link": lambda n: f"javascript:{n}",
    "waiting_for_user": lambda n: f"reason {n}",
    "add_usage": lambda n: -n - 1,
    "cost": lambda n: -n - 1,
    "context": lambda n: -n - 1,
    "progress": lambda n: n + 8,
}


@pytest.mark.parametrize("call", WRONG)
def test_a_kind_of_mistake_is_told_once_whatever_the_values(call: str) -> None:
    publisher = RecordingPublisher()
    session = publisher.session(KEY)
    for number in range(5):
        make(call, publisher, session, WRONG[call](number))
    assert len(publisher.errors) == 1


class Endless(Mapping[str, str]):
    """Labels without an end. They count how many were asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __iter__(self) -> Iterator[str]:
        while True:
            self.asked += 1
            yield str(self.asked)

    def __getitem__(self, name: str) -> str:
        return name

    def __len__(self) -> int:
        return 7


def test_labels_without_an_end_block_nobody() -> None:
    publisher, labels = RecordingPublisher(), Endless()
    publisher.session(KEY, labels=labels)
    assert labels.asked < 100
    assert len(publisher.sessions[KEY].labels) == 8
    assert len(publisher.errors) == 1


def test_calls_from_many_threads_spoil_no_report() -> None:
    publisher = RecordingPublisher()
    session = publisher.session(KEY)
    raised: list[BaseException] = []

    def call_all() -> None:
        try:
            for name in (*OF_PUBLISHER, *OF_SESSION):
                for value in VALUES.values():
                    make(name, publisher, session, value)
        except BaseException as error:  # noqa: BLE001 - none of any kind may come
            raised.append(error)

    threads = [threading.Thread(target=call_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        check_next_report(publisher)
    for thread in threads:
        thread.join()
    assert raised == []
    told = [str(error) for error in publisher.errors]
    assert len(told) == len(set(told))
    check_next_report(publisher)


def test_what_an_error_of_the_agents_own_code_says_is_cut() -> None:
    class Caller:
        def __init__(self) -> None:
            self.told: list[str] = []

        def report(self, error: Exception) -> None:
            self.told.append(str(error))

        @never_raise
        def call(self) -> None:
            raise TypeError("x" * 100_000)

    caller = Caller()
    caller.call()
    assert [len(sentence) < 600 for sentence in caller.told] == [True]


@pytest.mark.parametrize("value", VALUES)
def test_a_publisher_starts_whatever_its_labels_are(value: str) -> None:
    publisher = RecordingPublisher(labels=VALUES[value])  # type: ignore[arg-type]
    assert publisher.session(KEY).key == KEY
    assert len(publisher.errors) <= 2


@pytest.mark.parametrize("outcome", VALUES)
def test_a_session_ends_whatever_its_outcome_is(outcome: str) -> None:
    publisher = RecordingPublisher()
    publisher.session(KEY).end(VALUES[outcome])  # type: ignore[arg-type]
    assert publisher.sessions == {}


def test_a_name_that_cannot_be_compared_is_the_name_of_a_label() -> None:
    publisher = RecordingPublisher()
    publisher.session(KEY).label(RefusingText("agent"), "reviewer")
    assert publisher.sessions[KEY].labels == {"agent": "reviewer"}
