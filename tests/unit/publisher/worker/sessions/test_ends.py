"""The ends of a worker's sessions."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from agent_status_publisher.contract.details.details import Details
from agent_status_publisher.contract.details.end import (
    MAX_ENDED_ERROR_CHARACTERS,
    MAX_ENDED_TITLE_CHARACTERS,
    EndedRecord,
    Outcome,
    ended_json,
)
from agent_status_publisher.contract.details.labels import MAX_LABELS_BYTES
from agent_status_publisher.contract.report import MAX_KEY_BYTES, MAX_SESSIONS
from agent_status_publisher.worker.sessions.ends import (
    ENDED_SECONDS,
    MAX_DESCRIBED_BYTES,
    MAX_ENDED,
    MINUTE_SECONDS,
    End,
    Ends,
    end_of,
    ended_records,
)
from agent_status_publisher.worker.sessions.run import Run, to_ms


def many(count: int) -> Ends:
    ends = Ends()
    for number in range(count):
        ends.add(f"web:{number}", End(0.0, 0.0))
    return ends


def test_all_ends_of_the_last_minute_are_reported_and_of_older_ones_the_newest() -> None:
    ends = many(MAX_ENDED + 10)
    ends.expire(MINUTE_SECONDS)
    assert len(ends) == MAX_ENDED + 10
    ends.expire(MINUTE_SECONDS + 1)
    assert list(ends.copy()) == [f"web:{number}" for number in range(10, MAX_ENDED + 10)]


def test_ends_are_as_many_as_a_report_may_have_at_most() -> None:
    assert len(many(MAX_SESSIONS + 10)) == MAX_SESSIONS


def test_an_end_of_over_an_hour_ago_is_not_reported() -> None:
    ends = many(1)
    ends.expire(3600.0)
    assert len(ends) == 1
    ends.expire(3601.0)
    assert len(ends) == 0


def test_the_last_end_of_a_key_counts_until_it_is_opened_again() -> None:
    ends = many(2)
    ends.add("web:0", End(4.0, 5.0))
    assert list(ends.copy().items()) == [("web:1", End(0.0, 0.0)), ("web:0", End(4.0, 5.0))]
    ends.forget("web:0")
    ends.forget("never:ended")
    assert list(ends.copy()) == ["web:1"]


def test_a_record_says_how_long_ago_the_run_began() -> None:
    end = End(1.0, 3.0, Outcome.FAILED, "T", "boom")
    assert ended_records({"web:1": end}, 8.0) == (EndedRecord("web:1", 7000, 5000, Outcome.FAILED, "T", "boom"),)


def test_an_end_keeps_the_labels_and_the_parent_of_its_session_and_no_other_details() -> None:
    labels = (("agent", "reviewer"),)
    run = Run("web:1", None, 1.0, details=Details(labels, "web:0", "https://example.com/", cost_usd=1.5))
    ended = {"web:1": end_of(run, 3.0, Outcome.DONE)}
    assert ended_records(ended, 3.0) == (EndedRecord("web:1", 2000, 0, Outcome.DONE, labels=labels, parent="web:0"),)


# ends: Rule 1
@pytest.mark.parametrize("outcome", Outcome)
def test_a_session_in_error_has_failed_whatever_its_agent_says(outcome: Outcome) -> None:
    run = Run("web:1", "T", 1.0)
    assert end_of(run, 4.0, outcome)[:5] == (1.0, 4.0, outcome, "T", None)
    run.fail("boom", 2.0, 30.0)
    assert end_of(run, 4.0, outcome)[:5] == (1.0, 4.0, Outcome.FAILED, "T", "boom")


def test_the_texts_of_an_end_are_cut() -> None:
    run = Run("web:1", "t" * 200, 0.0)
    run.fail("e" * 500, 0.0, 30.0)
    end = end_of(run, 0.0, Outcome.DONE)
    assert (end.title, end.error) == ("t" * 79 + "…", "e" * 119 + "…")
    assert end_of(Run("web:1", None, 0.0), 0.0, Outcome.DONE).title is None


# ends: Rule 4
def test_of_the_newest_ends_a_report_says_more() -> None:
    records = ended_records(many(MAX_ENDED + 10).copy(), 2.0)
    assert [record.ended_ms for record in records] == [None] * 10 + [2000] * MAX_ENDED
    assert records[0] == EndedRecord("web:0", 2000)


titles = st.none() | st.text(max_size=MAX_ENDED_TITLE_CHARACTERS) | st.just("ü" * 80) | st.just('"' * 80)
lasting = st.sampled_from(
    [
        Details(),
        Details(parent="web:0"),
        Details(parent='"' * 512),
        Details((("agent", "reviewer"),), "web:0"),
        Details(tuple((f"{number}", '"' * 63) for number in range(8))),
    ]
)
errors = st.none() | st.text(max_size=MAX_ENDED_ERROR_CHARACTERS) | st.just("\U0001f600" * 120)


def ended(title: str | None, error: str | None, outcome: Outcome, details: Details) -> End:
    run = Run("web:1", title, 0.0, details=details)
    if error is not None:
        run.fail(error, 0.0, 30.0)
    return end_of(run, 0.0, outcome)


ends = st.builds(ended, titles, errors, st.sampled_from(Outcome), lasting)


# ends: Rule 4
@given(st.lists(ends, max_size=9).map(lambda some: some * 9), st.floats(0, ENDED_SECONDS))
def test_what_a_report_says_of_ends_is_bounded_and_is_of_the_newest(some: list[End], now: float) -> None:
    by_key = {f"web:{number}": end for number, end in enumerate(some)}
    records = ended_records(by_key, now)
    assert [(record.key, record.run_ms) for record in records] == [(key, to_ms(now)) for key in by_key]
    told = [record for record in records if record.ended_ms is not None]
    assert list(records[len(records) - len(told) :]) == told
    plain = [EndedRecord(record.key, record.run_ms) for record in told]
    more_bytes = len(orjson.dumps(list(map(ended_json, told)))) - len(orjson.dumps(list(map(ended_json, plain))))
    assert more_bytes <= MAX_DESCRIBED_BYTES
    assert len(told) <= MAX_ENDED
    if len(told) < min(len(some), MAX_ENDED):  # the next one would not have had room
        longest_bytes = 60 + len(orjson.dumps(("", ""))) + 4 * (MAX_ENDED_TITLE_CHARACTERS + MAX_ENDED_ERROR_CHARACTERS)
        longest_bytes += 2 * (MAX_LABELS_BYTES + MAX_KEY_BYTES) + 100
        assert more_bytes > MAX_DESCRIBED_BYTES - longest_bytes - 60 * len(told)


class Restless(dict[str, Any]):
    """Dictionary that a finalizer changes as soon as somebody has begun to walk through it."""

    def _walk(self, iterator: Iterator[Any]) -> Iterator[Any]:
        self[f"late:{len(self)}"] = End(0.0, 0.0)
        return iterator

    @override
    def __iter__(self) -> Iterator[str]:
        return self._walk(super().__iter__())

    @override
    def items(self) -> Any:
        walk, items = self._walk, super().items()

        class Items:
            def __iter__(self) -> Iterator[Any]:
                return walk(iter(items))

        return Items()


def test_a_finalizer_may_change_the_ends_between_an_iterator_and_its_first_step() -> None:
    ends = Ends()
    ends._ends = Restless({f"web:{number}": End(0.0, 0.0) for number in range(100)})
    ends.add("web:new", End(0.0, 61.0))
    assert "web:new" in ends.copy()
    assert len(ends) <= MAX_ENDED
