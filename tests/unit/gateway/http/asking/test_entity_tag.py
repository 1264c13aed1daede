"""Which snapshots a header `If-None-Match` names."""

import pytest

from agent_status_gateway.http.asking.entity_tag import entity_tag, has_tag, ids_named


def test_a_tag_is_weak_and_names_its_snapshot() -> None:
    assert entity_tag("00ff") == 'W/"00ff"'
    assert has_tag(entity_tag("00ff"), "00ff")
    assert not has_tag(entity_tag("00ff"), "00fe")


@pytest.mark.parametrize("header", ['"00ff"', ' W/"1", W/"00ff"', 'W/"1","00ff" , "2"', "*", " * "])
def test_tags_are_compared_weakly_and_may_be_a_list_or_any(header: str) -> None:
    assert has_tag(header, "00ff")


@pytest.mark.parametrize("header", ["", "00ff", 'W/"00ffa"', '"00f"', 'w"00ff', "**", '"*"', '"00,ff"'])
def test_what_is_not_the_tag_does_not_match(header: str) -> None:
    assert not has_tag(header, "00ff")


def test_a_header_names_a_set_of_ids_or_any() -> None:
    assert ids_named('W/"1", "2"') == {"1", "2"} == ids_named(' "2",W/"1"')
    assert "whatever" in ids_named("*")
    assert ids_named("*") == ids_named(" * ")
