"""All rows: their order, their channels, their id and their counts."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.row import Shown, Source, row_hash
from agent_status_gateway.state.fold.rows import SUMS, Rows
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report

SOURCE = Source(KnownWorker(report(1, record("w1")).decode(), 0.0, 0.0))

keys = st.sampled_from(["web:1", "web:2", "ci:1", "x", ":1"])
shown = st.builds(
    Shown, st.sampled_from(SessionState), st.none(), st.sampled_from([None, "bash"]), st.none(), st.just(0), st.just(0)
)


@given(st.lists(st.tuples(keys, shown | st.none())))
def test_everything_that_is_kept_is_what_can_be_counted_from_nothing(steps: list[tuple[str, Shown | None]]) -> None:
    rows, truth = Rows(), dict[str, Shown]()
    for key, what in steps:
        if what is None:
            rows.remove(key)
            truth.pop(key, None)
        else:
            rows.put(key, what, SOURCE)
            truth[key] = what
        assert [(row.key, row.shown) for row in rows] == sorted(truth.items())
        assert len(rows) == len(truth)
        assert rows.in_error == sum(what.state is SessionState.ERROR for what in truth.values())
        assert int(rows.id, 16) == sum(row_hash(key, what.state, what.tool) for key, what in truth.items()) % SUMS
        assert {key for keys in rows.by_channel.values() for key in keys} == set(truth)
        assert all(keys for keys in rows.by_channel.values())


def test_a_channel_has_the_keys_before_whose_first_colon_it_stands() -> None:
    rows = Rows()
    for key in ("web:1", "web:2:3", "ci", ":x"):
        rows.put(key, Shown(SessionState.THINKING, None, None, None, 0, 0), SOURCE)
    assert rows.by_channel == {"web": {"web:1", "web:2:3"}, "ci": {"ci"}, "unknown": {":x"}}


def test_a_row_that_shows_the_same_stays_and_only_its_source_is_another() -> None:
    rows, other = Rows(), Source(SOURCE.known)
    rows.put("web:1", Shown(SessionState.THINKING, "T", None, None, 0, 0), SOURCE)
    (row,) = rows
    rows.put("web:1", Shown(SessionState.THINKING, "T", None, None, 0, 0), other)
    assert [*rows] == [row]
    assert row.source is other
    rows.put("web:1", Shown(SessionState.THINKING, "U", None, None, 0, 0), other)
    assert [*rows] != [row], "a title is in the row's bytes"


def test_an_id_is_128_bits_in_hex_even_without_rows() -> None:
    assert Rows().id == "0" * 32
