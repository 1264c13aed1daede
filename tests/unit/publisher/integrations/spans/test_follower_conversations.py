"""Questions in spans, and the runs that answer them, where the conversation's id comes late."""

from tests.bridges.recorded.made import INTERRUPTED, Event, end, failed, resumed, said, start
from tests.bridges.recorded.replay import play


def asking(number: int) -> list[Event]:
    """A run that asks, and says the conversation's id at the end of its first step."""
    return [
        start(number, "invoke_agent a"),
        start(number + 1, "approve", number),
        said(number + 1, session__id="42"),
        failed(number + 1, INTERRUPTED),
        end(number),
    ]


def newest(*events: Event) -> list[str]:
    """What each row shows at last."""
    return [row.states[-1] for row in play(list(events))]


def test_a_question_is_answered_by_the_next_run_of_the_conversation_though_its_key_differs() -> None:
    # follower: Rule 5
    second = resumed(start(11, "invoke_agent a"), start(12, "step", 11), said(12, session__id="42"))
    assert newest(*asking(1), *second) == ["waiting_for_user", "thinking"]
    assert newest(*asking(1), *second, end(12)) == ["end", "thinking"]


def test_the_id_may_come_with_the_end_of_the_run() -> None:
    # follower: Rule 5
    late = said(1, session__id="42")
    first = start(1, "invoke_agent a"), start(2, "approve", 1), failed(2, INTERRUPTED), late, end(1)
    second = resumed(start(11, "invoke_agent a"), start(12, "step", 11), end(12), said(11, session__id="42"), end(11))
    assert newest(*first) == ["waiting_for_user"]
    assert newest(*first, *second) == ["end", "end"]


def test_a_question_is_not_answered_by_a_run_of_another_conversation() -> None:
    # follower: Rule 5
    second = resumed(start(11, "invoke_agent a"), start(12, "step", 11), said(12, session__id="43"))
    assert newest(*asking(1), *second, end(12)) == ["waiting_for_user", "thinking"]


def test_a_run_that_asks_again_waits_again_in_its_own_row() -> None:
    # follower: Rule 5
    assert newest(*asking(1), *resumed(*asking(11))) == ["end", "waiting_for_user"]
