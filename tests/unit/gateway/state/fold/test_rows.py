"""Rows by key: their order, their id and their counts."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.state.fold.row import Row, Shown, Source, row_hash
from agent_status_gateway.state.fold.rows import SUMS, Rows
from agent_status_gateway.state.known_worker import KnownWorker
from agent_status_publisher.contract.wire import SessionState
from chaos.workers.reports import record, report, session

KEYS = ("web:1", "web:2", "web:2:3", "ci:1", "ci", ":x")
SOURCE = Source(KnownWorker(report(1, record("w1", *map(session, KEYS))).decode(), 0.0, 0.0))

keys = st.sampled_from(KEYS)
shown = st.builds(
    Shown, st.sampled_from(SessionState), st.none(), st.sampled_from([None, "bash"]), st.none(), st.just(0), st.just(0)
)


def row_of(key: str, what: Shown) -> Row:
    return Row(key, what, SOURCE)


@given(st.lists(st.tuples(keys, shown | st.none())))
def test_everything_that_is_kept_is_what_can_be_counted_from_nothing(steps: list[tuple[str, Shown | None]]) -> None:
    rows, truth = Rows(), dict[str, Shown]()
    for key, what in steps:
        if what is None:
            assert rows.remove(key) is (truth.pop(key, None) is not None)
        else:
            rows.put(row_of(key, what))
            truth[key] = what
        assert [(row.key, row.shown) for row in rows] == sorted(truth.items())
        assert len(rows) == len(truth)
        assert rows.in_error == sum(what.state is SessionState.ERROR for what in truth.values())
        assert int(rows.id, 16) == sum(row_hash(key, what.state, what.tool) for key, what in truth.items()) % SUMS


def test_the_state_of_all_is_idle_without_rows_and_degraded_with_one_in_error() -> None:
    rows = Rows()
    states = [rows.state]
    rows.put(row_of("web:1", Shown(SessionState.THINKING, None, None, None, 0, 0)))
    states.append(rows.state)
    rows.put(row_of("web:2", Shown(SessionState.ERROR, None, None, "x", 0, 0)))
    states.append(rows.state)
    rows.remove("web:2")
    states.append(rows.state)
    assert states == ["idle", "active", "degraded", "active"]


def test_an_id_is_128_bits_in_hex_even_without_rows() -> None:
    assert Rows().id == "0" * 32
