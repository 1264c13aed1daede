"""The newest end of each key that is not open."""

import orjson

from agent_status_gateway.state.ends.index import EndsIndex
from tests.support.builders.ends import end, index_of, said, settled


def outcomes(index: EndsIndex) -> dict[str, str | None]:
    return {key: end.how.outcome for key, end in index.told.items()}


# index: Rule 1
def test_of_several_ends_of_a_key_that_of_the_newest_run_is_told() -> None:
    index = index_of(end(ended_ms=0, run_ms=60_000))
    index.take("w2", said(end(ended_ms=30_000, run_ms=40_000, outcome="cancelled"), worker_id="w2"))
    assert outcomes(settled(index)) == {"web:1": "cancelled"}
    index.take("w2", None)
    assert outcomes(settled(index)) == {"web:1": "done"}
    index.take("w1", said())
    assert (outcomes(settled(index)), [*index]) == ({}, [])


# index: Rule 2
def test_a_key_that_is_open_is_not_told() -> None:
    index = index_of(end("web:1"), end("web:2"))
    before, now = index.settle("web:1", is_open=True)
    assert (before is None, now) == (False, None)
    assert outcomes(index) == {"web:2": "done"}
    assert index.settle("web:1", is_open=False)[0] is None
    assert outcomes(index) == {"web:1": "done", "web:2": "done"}


# index: Rule 3
def test_an_end_that_only_grows_older_is_no_change_and_its_moment_is_that_of_the_newest_report() -> None:
    index = index_of(end(ended_ms=1000))
    one = index.told["web:1"]
    index.take("w1", said(end(ended_ms=6_200), at=5.0))
    assert not index.has_news
    assert (round(one.ended_at, 6), orjson.loads(one.json(9.0))["ended_seconds_ago"]) == (-1.2, 10.2)


def test_an_end_that_came_later_or_in_another_way_is_a_change() -> None:
    index = index_of(end(ended_ms=1000))
    for changed in (end(ended_ms=0), end(ended_ms=0, title="new"), end(ended_ms=5000, outcome="failed")):
        before = index.told["web:1"]
        index.take("w1", said(changed, at=5.0))
        assert index.has_news
        assert settled(index).told["web:1"] is not before


def test_the_part_in_an_id_is_of_the_session_and_the_outcome_alone() -> None:
    parts = [index_of(one).told[one.key].hash for one in (end(), end(ended_ms=9, title="t"), end("web:2"))]
    assert parts[0] == parts[1] != parts[2]
    assert index_of(end(outcome="failed")).told["web:1"].hash != parts[0]


def test_an_end_is_written_in_one_order() -> None:
    text = index_of(end(ended_ms=2000, outcome="failed", title="Fix it", error="boom")).told["web:1"].json(1.0)
    assert text == (
        b'{"session_key":"web:1","title":"Fix it","outcome":"failed","ended_seconds_ago":3.0,"error_message":"boom"}'
    )
