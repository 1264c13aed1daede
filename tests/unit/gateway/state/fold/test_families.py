"""The keys of rows by label and by parent."""

from agent_status_gateway.state.fold.families import Families
from agent_status_publisher.contract.details.details import NO_DETAILS, Details

WEB, CI = ("team", "web"), ("team", "ci")


def test_a_key_is_under_each_of_its_labels_and_its_parent_and_moves_with_them() -> None:
    families = Families()
    first, then = Details((("agent", "a"), WEB), "ci:7"), Details((("agent", "a"), CI), "ci:8")
    families.move("web:1", NO_DETAILS, first)
    families.move("web:2", NO_DETAILS, first)
    families.move("web:1", first, then)
    assert families.by_label == {("agent", "a"): {"web:1", "web:2"}, WEB: {"web:2"}, CI: {"web:1"}}
    assert families.by_parent == {"ci:7": {"web:2"}, "ci:8": {"web:1"}}


def test_nothing_is_kept_of_details_that_are_gone() -> None:
    families, details = Families(), Details((WEB,), "ci:7", cost_usd=1.0)
    families.move("web:1", NO_DETAILS, details)
    families.move("web:1", details, NO_DETAILS)
    assert (families.by_label, families.by_parent) == ({}, {})
