"""Keys in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold import sorted_keys
from agent_status_gateway.state.fold.sorted_keys import SortedKeys


@given(st.lists(st.text(max_size=3)))
def test_whatever_comes_and_goes_the_rest_is_in_order(keys: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_keys, "BLOCK_KEYS", 2)
        ordered, there = SortedKeys(), set[str]()
        for key in keys:
            if key in there:
                there.remove(key)
                ordered.remove(key)
            else:
                there.add(key)
                ordered.add(key)
            assert list(ordered) == sorted(there)


def test_a_block_is_divided_before_it_gets_long() -> None:
    ordered = SortedKeys()
    for number in range(5000):
        ordered.add(f"{number:05}")
    assert max(map(len, ordered._blocks)) <= 2 * sorted_keys.BLOCK_KEYS
    assert list(ordered) == [f"{number:05}" for number in range(5000)]
