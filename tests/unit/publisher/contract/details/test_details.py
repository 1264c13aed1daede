"""The details of a session as JSON."""

from agent_status_publisher.contract.details.details import NO_DETAILS, Details, WaitingFor, details_json


def test_what_is_not_set_is_not_written() -> None:
    assert details_json(NO_DETAILS) == {}
    assert details_json(Details(cost_usd=0.0)) == {"cost_usd": 0.0}


def test_labels_parent_and_link_are_what_lasts() -> None:
    details = Details((("agent", "reviewer"),), "ci:7", "https://example.com", WaitingFor.REPLY, (1, 2), 1.5, (3, 7))
    assert details.lasting == Details((("agent", "reviewer"),), "ci:7", "https://example.com")
    assert NO_DETAILS.lasting is NO_DETAILS


def test_a_new_run_keeps_what_is_not_of_the_run_before() -> None:
    details = Details((("agent", "reviewer"),), "ci:7", "https://example.com", WaitingFor.REPLY, (1, 2), 1.5, (3, 7))
    assert details.of_next_run == Details((("agent", "reviewer"),), "ci:7", "https://example.com", None, (1, 2))


def test_each_part_is_written_under_its_name() -> None:
    labels = (("agent", "reviewer"),)
    details = Details(labels, "ci:7", "https://example.com", WaitingFor.REPLY, (1, 2), 1.5, (3, 7))
    assert details_json(details) == {
        "labels": {"agent": "reviewer"},
        "parent": "ci:7",
        "link": "https://example.com",
        "waiting_for": "reply",
        "context": (1, 2),
        "cost_usd": 1.5,
        "progress": (3, 7),
    }
