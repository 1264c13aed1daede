"""The arguments of an agent's calls."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.worker.sessions.arguments import (
    NOTHING_ASKED,
    Asked,
    asked_of,
    call_key,
    check_tokens,
    clean_key,
    clean_labels,
    crowded,
)


@dataclass(frozen=True)
class Call:
    """An id whose class compares by code of its own."""

    number: int


class Marked(str):
    """A text with more to it, that compares as any text does."""

    __slots__ = ()


@pytest.mark.parametrize(
    "make", [lambda: "a" * 50, lambda: 10**30, lambda: b"a" * 50, lambda: Call(7), lambda: (1, "a")]
)
def test_equal_ids_have_equal_keys(make: Callable[[], object]) -> None:
    assert call_key(make()) == call_key(make())


def test_different_ids_have_different_keys() -> None:
    one = object()
    ids = [1, "1", b"1", Call(1), Call(2), (1,), (1, 2), None, one, object(), hash(Call(1)), uuid.UUID(int=1)]
    assert len({call_key(call_id) for call_id in ids}) == len(ids)
    assert call_key(one) is one
    assert call_key(Marked("a")) == call_key("a")


@pytest.mark.parametrize("call_id", [[], {}, {1}, ([],)])
def test_an_id_that_is_not_hashable_has_no_key(call_id: object) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        call_key(call_id)


def test_a_key_is_compared_without_code_of_the_ids_class() -> None:
    class Refusing:
        def __eq__(self, _: object) -> bool:
            raise AssertionError("compared")

        def __hash__(self) -> int:
            return 1

    calls = {call_key(Refusing()): 1}
    assert calls.pop(call_key(Refusing())) == 1


def test_tokens_are_whole_numbers_from_0_up_and_the_message_names_the_wrong_one() -> None:
    check_tokens(input=0, output=None)
    for wrong in (-1, True, 1.5, "7"):
        with pytest.raises(InvalidCallError, match="output must be a number"):
            check_tokens(input=7, output=wrong)


def test_a_call_that_asks_for_nothing_costs_nothing() -> None:
    assert asked_of("web:1", None, None, None, None) is NOTHING_ASKED


def test_texts_of_an_own_kind_are_taken_as_plain_ones() -> None:
    asked = asked_of("web:1", Marked("T"), Marked("ci:7"), Marked("https://a.example"), {Marked("a"): Marked("b")})
    assert asked == Asked("T", "ci:7", "https://a.example", {"a": "b"})
    assert [type(text) for text in (asked.parent, asked.link, *asked.labels, *asked.labels.values())] == [str] * 4


def test_labels_may_be_anything_that_makes_a_dictionary_and_each_kind_of_fault_is_a_sentence() -> None:
    faults: list[str] = []
    assert clean_labels([("a", "1"), ("b", None), ("", "x"), (1, "x"), (2, "y"), ("", "z")], faults) == {
        "a": "1",
        "b": None,
    }
    assert [fault.partition(":")[0] for fault in faults] == ["a label was left out"] * 2


def test_labels_are_crowded_if_one_to_set_is_not_there() -> None:
    assert not crowded((), {})
    assert not crowded((), {"a": None})
    assert not crowded((("a", "1"), ("b", "2")), {"a": "1"})
    assert crowded((("a", "1"),), {"a": "2"})
    assert crowded((("a", "1"),), {"b": "2"})


def test_a_session_key_is_text_that_can_be_written() -> None:
    assert clean_key("web:\ud800") == "web:?"
    assert type(clean_key(Marked("web:1"))) is str
    with pytest.raises(ValueError, match="must be text, not int"):
        clean_key(1)
    with pytest.raises(ValueError, match="must not be empty"):
        clean_key("")
