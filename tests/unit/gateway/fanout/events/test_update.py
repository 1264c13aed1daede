"""What is sent of one version of a view."""

from agent_status_gateway.fanout.events.update import Update
from chaos.workers.reports import session
from tests.support.builders.frames import change_to, frame_of

FRAME = frame_of(session("web:1"), session("web:2"))
CHANGE = change_to(session("web:1"))
LONG = change_to(*[session(f"web:{number}") for number in range(20)])


def test_an_update_is_as_long_as_its_longest_form() -> None:
    assert Update("id", 1, FRAME, {0: CHANGE}).length == FRAME.length
    assert Update("id", 1, FRAME, {0: CHANGE, 1: LONG}).length == LONG.length
    assert Update("id", 1, None, {0: CHANGE}).length == CHANGE.length


def test_an_update_that_nobody_needs_has_no_length() -> None:
    assert Update("id", 1, None, {}).length == 0
