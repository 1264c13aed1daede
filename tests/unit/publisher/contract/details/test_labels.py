"""Labels: which are kept, alone and together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_status_publisher.contract.details.labels import (
    MAX_LABELS,
    MAX_LABELS_BYTES,
    MAX_LABELS_LOOKED_AT,
    changed_labels,
    check_label,
    have_room,
    is_harmless,
    kept_labels,
    united,
)


@pytest.mark.parametrize("name", ["a", "agent", "a b", "ü" * 64, "k8s/io.x-y"])
@pytest.mark.parametrize("value", ["", "reviewer", "a:b", "ü" * 128, "👩‍💻"])
def test_a_label_is_a_short_name_and_a_short_value(name: str, value: str) -> None:
    check_label(name, value)


@pytest.mark.parametrize("name", ["", "x" * 65, "a:b", "a\nb", "\ud800"])
def test_another_name_is_refused_with_what_would_be_right(name: str) -> None:
    with pytest.raises(ValueError, match="name must have 1 to 64 characters, no colon"):
        check_label(name, "value")


@pytest.mark.parametrize("value", ["x" * 129, "a\tb", "a\u202eb", "\udfff"])
def test_another_value_is_refused_with_what_would_be_right(value: str) -> None:
    with pytest.raises(ValueError, match="value must have at most 128 characters"):
        check_label("agent", value)


@pytest.mark.parametrize("text", ["\x00", "\x7f", "\x85", "\u2028", "\u200f", "\u2066", "\ud800"])
def test_what_turns_or_breaks_a_line_is_not_harmless(text: str) -> None:
    assert not is_harmless(f"a{text}b")


def test_eight_labels_and_512_bytes_have_room() -> None:
    assert have_room({str(number): "x" for number in range(8)})
    assert not have_room({str(number): "x" for number in range(9)})
    full = {f"name{number}": "ü" * 61 for number in range(4)}  # 5 + 122 bytes each
    assert have_room(full | {"four": ""})
    assert not have_room(full | {"five5": ""})


# labels: Rule 1
def test_a_label_that_breaks_a_limit_is_left_out_and_the_others_are_kept() -> None:
    given_labels = [("b", "1"), ("x" * 65, "1"), ("a", "x" * 129), ("c", ""), ("a", "2")]
    assert kept_labels(given_labels) == (("a", "2"), ("b", "1"), ("c", ""))


# labels: Rule 1
def test_of_too_many_the_first_are_kept() -> None:
    assert [name for name, _ in kept_labels((str(number), "x") for number in range(9))] == list("01234567")
    long = [(str(number), "x" * 128) for number in range(3)]
    assert kept_labels([*long, ("too long", "x" * 128), ("short", "x")]) == (*long, ("short", "x"))


def test_a_strangers_labels_cost_no_more_than_so_many() -> None:
    wrong = [("", "x")] * (MAX_LABELS_LOOKED_AT - 1)
    assert kept_labels([*wrong, ("a", "x"), ("b", "x")]) == (("a", "x"),)


def test_labels_are_changed_by_name_and_one_without_room_is_left_out() -> None:
    labels = changed_labels((), {"b": "2", "a": "1", "c": None})
    assert labels == (("a", "1"), ("b", "2"))
    assert changed_labels(labels, {"a": None, "b": "3"}) == (("b", "3"),)
    of_worker = tuple((str(number), "x") for number in range(6))
    assert changed_labels(labels, {"c": "3", "0": "y"}, of_worker) == (("0", "y"), *labels)
    assert changed_labels(labels, {"a": "x" * 128, "b": "x" * 512}) == (("a", "x" * 128), ("b", "2"))


# labels: Rule 2
def test_a_sessions_own_labels_replace_those_of_its_worker_by_name() -> None:
    own, of_worker = (("agent", "reviewer"), ("team", "web")), (("env", "prod"), ("team", "ops"))
    assert united(own, of_worker) == (("agent", "reviewer"), ("env", "prod"), ("team", "web"))
    assert united((), of_worker) is of_worker
    assert united(own, ()) is own


# labels: Rule 2
def test_if_both_are_too_many_the_sessions_own_are_kept_first() -> None:
    own = tuple((f"own {number}", "x") for number in range(6))
    of_worker = tuple((str(number), "x") for number in range(4))
    assert united(own, of_worker) == (*of_worker[:2], *own)


texts = st.text("ab:ü\n", max_size=5) | st.sampled_from(["x" * 128, "ü" * 128, "y" * 64])
pairs = st.lists(st.tuples(texts, texts), max_size=12)


# labels: Rule 2
@given(pairs, pairs)
def test_whatever_is_united_breaks_no_limit_and_loses_nothing_of_the_sessions_own(
    first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    own, of_worker = kept_labels(first), kept_labels(second)
    both = united(own, of_worker)
    assert set(own) <= set(both) <= set(own) | set(of_worker)
    assert list(both) == sorted(dict(both).items())
    assert len(both) <= MAX_LABELS
    assert sum(len(text.encode()) for label in both for text in label) <= MAX_LABELS_BYTES
    for name, value in both:
        check_label(name, value)
