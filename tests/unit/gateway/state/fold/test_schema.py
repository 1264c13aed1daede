"""The parts of a session key."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.schema import split_key


def test_a_key_is_split_at_its_first_colon() -> None:
    assert split_key("websocket:abc:123") == ("websocket", "abc:123")


def test_a_key_without_a_channel_or_an_id_still_has_both() -> None:
    assert split_key("x") == ("x", "x")
    assert split_key("x:") == ("x", "x:")
    assert split_key(":x") == ("unknown", "x")
    assert split_key(":") == ("unknown", ":")


@given(st.text(min_size=1))
def test_no_key_leaves_channel_or_id_empty(key: str) -> None:
    assert all(split_key(key))
