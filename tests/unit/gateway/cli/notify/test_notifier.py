"""How long a notifier goes on after its end was asked for."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent_status_gateway.cli.notify import notifier
from agent_status_gateway.cli.notify.metrics import Metrics
from agent_status_gateway.cli.notify.notifier import STOP_SECONDS, End, Notifier
from agent_status_gateway.cli.notify.rules.rule_file import parse_rule_file

RULES = """
[[rule]]
when = { state = "error" }
to = ["log"]
[target.log]
kind = "command"
command = ["true"]
"""


class SlowDelivery:
    """Delivery that is not done in time, and keeps how long it was waited for."""

    def __init__(self) -> None:
        self.joined: list[float] = []

    def start(self, _may_tell: object) -> None: ...

    def stop(self) -> None: ...

    def join(self, seconds: float) -> bool:
        self.joined.append(seconds)
        return False


class SilentReader:
    """Reader of a gateway that says nothing."""

    source = "nothing"

    def read_news(self) -> Iterator[Any]:
        return iter(())


@pytest.mark.parametrize(("held_seconds", "left_seconds"), [(0.0, STOP_SECONDS), (4.0, STOP_SECONDS - 4), (9.0, 0.0)])
def test_the_seconds_in_which_what_waits_is_told_count_from_when_the_end_was_asked_for(
    held_seconds: float, left_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(notifier, "time", SimpleNamespace(monotonic=lambda: clock.now))
    delivery, end = SlowDelivery(), End()
    deliveries = cast("dict[str, Any]", {"log": delivery})
    made = Notifier(
        parse_rule_file(RULES), lambda _: cast("Any", SilentReader()), deliveries, cast("Any", None), Metrics()
    )
    end.set()
    clock.now += held_seconds  # by a ledger that hangs
    end.set()  # asked again, which gives no more time
    made.run(end)
    assert delivery.joined == [left_seconds]
