"""What spans fill beside states: labels, costs, and how a session waits or ends."""

from typing import Any

from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.testing import Change, RecordingPublisher
from tests.bridges.recorded.made import Event, end, failed, said, start
from tests.bridges.recorded.replay import play

WAITS = [{"exception.type": "WaitingForEvent", "exception.message": "Waiting for event HumanResponseEvent"}]
STOPPED = [{"exception.type": "CancelledError", "exception.message": ""}]


def shown(*events: Event, publisher: RecordingPublisher | None = None) -> list[Change]:
    publisher = publisher or RecordingPublisher().start()
    play(list(events), publisher)
    return publisher.changes


def chat(number: int, parent: int, model: str, **attributes: Any) -> list[Event]:
    return [start(number, "chat", parent, gen_ai__request__model=model), said(number, **attributes), end(number)]


def test_the_agent_and_its_model_are_labels_while_the_model_works() -> None:
    changes = shown(start(1, "invoke_agent reviewer"), start(2, "chat", 1, gen_ai__request__model="large"))
    assert changes[-1].labels == {"agent": "reviewer", "model": "large"}


def test_a_model_that_is_known_at_the_end_of_its_call_is_a_label_then() -> None:
    late = said(2, gen_ai__response__model="large")
    changes = shown(start(1, "invoke_agent reviewer"), start(2, "chat", 1), late, end(2))
    assert changes[-1].labels == {"agent": "reviewer", "model": "large"}


def test_a_model_that_is_called_unknown_has_no_label_unless_its_answer_names_it() -> None:
    unknown = {"gen_ai__request__model": "unknown", "gen_ai__response__model": "unknown"}
    changes = shown(start(1, "invoke_agent reviewer"), start(2, "chat", 1, **unknown), end(2))
    assert changes[-1].labels == {"agent": "reviewer"}
    answered = said(2, gen_ai__response__model="large")
    changes = shown(start(1, "invoke_agent reviewer"), start(2, "chat", 1, **unknown), answered, end(2))
    assert changes[-1].labels == {"agent": "reviewer", "model": "large"}


def test_an_agent_inside_a_tool_or_an_agent_does_not_label_the_session() -> None:
    changes = shown(
        *(start(1, "invoke_agent outer"), *chat(2, 1, "large")),
        *(start(3, "execute_tool ask", 1), start(4, "invoke_agent inner", 3), *chat(5, 4, "small"), end(4), end(3)),
        *(start(6, "invoke_agent handed", 1), *chat(7, 6, "small"), end(6)),
    )
    assert changes[-1].labels == {"agent": "outer", "model": "large"}


def test_a_chain_of_steps_shows_the_model_that_its_steps_call() -> None:
    kind: dict[str, Any] = {"openinference__span__kind": "CHAIN"}
    changes = shown(start(1, "graph", **kind), start(2, "step", 1, **kind), *chat(3, 2, "large"))
    assert changes[-1].labels == {"model": "large"}


def test_a_name_that_is_not_text_is_left_out_and_nothing_is_reported() -> None:
    changes = shown(start(1, "invoke_agent reviewer"), start(2, "chat", 1, gen_ai__request__model=("a", "b")))
    assert changes[-1].labels == {"agent": "reviewer"}


def test_costs_are_counted_with_the_tokens_of_a_call_and_once() -> None:
    used = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 1, "operation__cost": 0.25}
    changes = shown(
        *(start(1, "invoke_agent a"), *chat(2, 1, "large", **used), *chat(3, 1, "large", **used)),
        *(said(1, **used), end(1)),
    )
    assert changes[-2].cost_usd == 0.5


def test_costs_are_left_to_another_bridge_that_counts_them() -> None:
    used = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 1, "operation__cost": 0.25}
    publisher = RecordingPublisher().start()
    Runs(publisher, "web").begin("run", session_id="42")
    changes = shown(start(1, "invoke_agent a"), *chat(2, 1, "large", **used), publisher=publisher)
    assert changes[-1].cost_usd is None
    assert changes[-1].labels == {}


def test_a_question_to_a_person_is_why_it_waits() -> None:
    changes = shown(start(1, "invoke_agent a"), start(2, "execute_tool ask", 1), failed(2, WAITS))
    assert changes[-1].waiting_for == "question"


def test_a_run_that_was_stopped_is_cancelled_and_one_that_ended_well_is_done() -> None:
    begun = start(1, "invoke_agent a"), start(2, "chat", 1), end(2)
    assert shown(*begun, failed(1, STOPPED))[-1].outcome == "cancelled"
    assert shown(*begun, end(1))[-1].outcome == "done"
