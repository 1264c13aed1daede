"""The ends of a worker's sessions."""

from collections.abc import Iterator
from typing import Any

from typing_extensions import override

from agent_status_publisher.contract.details.end import EndedRecord
from agent_status_publisher.contract.report import MAX_SESSIONS
from agent_status_publisher.worker.sessions.ends import MAX_ENDED, MINUTE_SECONDS, End, Ends, ended_records


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
    assert ended_records({"web:1": End(1.0, 3.0)}, 8.0) == (EndedRecord("web:1", 7000),)


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
