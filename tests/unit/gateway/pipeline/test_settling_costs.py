"""What a look costs: as much with a large fleet as with a small one. Calls are counted, so that no clock decides."""

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

import pytest

from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import View
from agent_status_publisher.contract.wire import SessionRecord
from chaos.workers.reports import session
from tests.support.builders.viewing import Middle, channel, only

SESSIONS: Final = 20
SMALL, LARGE = 2, 200
"""Workers of a fleet."""


def sessions_of(worker: int, state: str = "thinking") -> list[SessionRecord]:
    """The sessions of a worker, the first of them in this state."""
    others = [session(f"channel{worker}:{number}") for number in range(1, SESSIONS)]
    return [session(f"channel{worker}:0", state), *others]


def fleet_of(workers: int) -> Middle:
    middle = Middle()
    for _ in range(2):  # so that a next report is parsed by the one before
        for worker in range(workers):
            middle.put(*sessions_of(worker), worker_id=f"w{worker}")
        middle.look()
    return middle


def calls(work: Callable[[], object]) -> int:
    """Count the calls of functions, those in C among them."""
    count = 0

    def note(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    gc.disable()  # a collection has callbacks
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def a_change(middle: Middle) -> int:
    middle.put(*sessions_of(1, "streaming"), worker_id="w1")
    return calls(middle.look)


def a_change_for_a_view(middle: Middle) -> int:
    middle.join(channel("channel1"), wants_changes=True)
    middle.join(only("channel0:0"))
    return a_change(middle)


def a_report_without_news(middle: Middle) -> int:
    middle.put(*sessions_of(1), worker_id="w1")
    return calls(middle.look)


def a_look_without_news(middle: Middle) -> int:
    middle.clock.pass_(0.1)
    return calls(lambda: at_once(middle.settling.current.look()))


def a_new_session(middle: Middle) -> int:
    middle.put(*sessions_of(1), session("channel1:new"), worker_id="w1")
    return calls(middle.look)


def a_question_whether_anything_is_due(middle: Middle) -> int:
    current = middle.settling.current
    return calls(lambda: (current.next_deadline(0.0), middle.fleet.wants_reading(0.0), middle.settling.is_settled))


def the_global_status_and_the_id(middle: Middle) -> int:
    current = middle.settling.current
    return calls(lambda: (current.global_status(current.rows, 0.0), current.rows.id))


def a_join_of_a_view(middle: Middle) -> int:
    view: View = channel("channel1")
    return calls(lambda: middle.join(view))


@pytest.mark.parametrize(
    "cost",
    [
        a_change,
        a_change_for_a_view,
        a_report_without_news,
        a_look_without_news,
        a_new_session,
        a_question_whether_anything_is_due,
        the_global_status_and_the_id,
        a_join_of_a_view,
    ],
)
def test_it_costs_as_many_calls_with_a_hundred_times_as_many_sessions(cost: Callable[[Middle], int]) -> None:
    small, large = cost(fleet_of(SMALL)), cost(fleet_of(LARGE))
    assert small > 0
    assert large == small
