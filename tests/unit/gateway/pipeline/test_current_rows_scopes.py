"""The rows of now for readers with a scope: which workers are counted for them."""

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.view import WHOLE, View
from chaos.workers.reports import record, report, session
from tests.unit.gateway.pipeline.test_current_rows import Current

WEB = View(channel=frozenset({"web"}))
ONE = View(session=frozenset({"web:1"}))


class Scoped(Current):
    """Two workers, of which the second holds no session of the scope."""

    def __init__(self) -> None:
        super().__init__()
        self.report("w1", 3, session("web:1"), session("web:2"))
        self.report("w2", 6, session("ci:1"))
        self.look()

    def report(self, worker_id: str, capacity: int, *sessions: object, seq: int = 1) -> None:
        known = record(worker_id, *sessions, max_concurrent=capacity)  # type: ignore[arg-type]
        self.fleet.hear(report(seq, known), self.clock())

    def audience(self, view: View) -> Audience:
        audience = self.audiences.of(view)
        at_once(self.rows.fill(audience))
        return audience

    def capacity(self, audience: Audience) -> int:
        status = self.rows.global_status(audience.rows, self.clock(), audience.holders)
        counted = at_once(self.rows.holders(audience.view))
        assert self.rows.global_status(audience.rows, self.clock(), counted) == status
        return status["max_concurrent"]


def test_a_part_of_a_scope_counts_the_workers_of_the_whole_scope() -> None:
    current = Scoped()
    narrow = current.audience(ONE.narrowed_to(WEB))
    wide = current.audience(WHOLE.narrowed_to(WEB))
    assert [row.key for row in narrow.rows] == ["web:1"]
    assert [row.key for row in wide.rows] == ["web:1", "web:2"]
    assert current.capacity(current.audience(WHOLE)) == current.capacity(current.audience(WEB)) == 9
    assert current.capacity(narrow) == current.capacity(wide) == 3
    assert current.capacity(current.audience(WHOLE.narrowed_to(View(channel=frozenset({"no"}))))) == 0
    current.report("w2", 6, session("ci:1"), session("web:3"), seq=2)
    current.look()
    assert current.capacity(narrow) == current.capacity(wide) == 9
    current.report("w1", 3, seq=2)
    current.look()
    assert current.capacity(narrow) == current.capacity(wide) == 6


def test_a_row_that_moves_to_another_worker_moves_its_capacity_though_it_shows_the_same() -> None:
    current = Scoped()
    narrow = current.audience(ONE.narrowed_to(ONE))
    assert current.capacity(narrow) == 3
    row = narrow.rows.by_key["web:1"]
    current.report("w2", 6, session("web:1"), seq=2)
    current.look()
    assert narrow.rows.by_key["web:1"] is row
    assert current.capacity(narrow) == 6


def test_after_rows_began_again_a_scopes_workers_are_found_again() -> None:
    current = Scoped()
    narrow = current.audience(ONE.narrowed_to(WEB))
    current.rows.begin_again()
    current.report("w1", 4, session("web:1"), seq=2)
    current.look()
    at_once(current.rows.fill(narrow))
    assert current.capacity(narrow) == 4


def test_the_rows_of_a_scope_are_kept_as_long_as_somebody_reads_a_part_of_it() -> None:
    current = Scoped()
    narrow, wide = current.audience(ONE.narrowed_to(WEB)), current.audience(WHOLE.narrowed_to(WEB))
    current.audiences.drop_empty(wide)
    assert current.audiences.get(wide.view) is wide
    current.audiences.drop_empty(narrow)
    assert current.audiences.get(wide.view) is None
    assert len(current.audiences) == 0


def test_nothing_is_found_at_once_in_a_scope_that_takes_long_to_look_through() -> None:
    current = Scoped()
    for number in range(3):
        current.report(f"big{number}", 1, *(session(f"web:{number}.{place}") for place in range(400)))
    current.look()
    assert current.rows.can_fill_at_once(ONE)
    assert not current.rows.can_fill_at_once(ONE.narrowed_to(WEB))
    assert current.rows.can_fill_at_once(ONE.narrowed_to(ONE))


SCOPES = (WEB, ONE, View(channel=frozenset({"ci"}), session=frozenset({"ci:1", "web:1"})), View(channel=frozenset()))
holding = st.lists(st.sampled_from(["web:1", "web:2", "ci:1", "ci:2"]), unique=True)
seconds_between = st.sampled_from([0.0, 1.0, 20.0])
steps = st.lists(
    st.tuples(st.sampled_from(["w1", "w2", "w3"]), holding, st.booleans(), st.sampled_from([0.0, 1.0, 20.0])),
    max_size=12,
)


@given(steps)
def test_the_workers_of_open_scopes_are_what_can_be_found_from_nothing_after_each_look(
    history: list[tuple[str, list[str], bool, float]],
) -> None:
    """Workers come, go, are lost and forgotten, and take sessions from each other."""
    current = Current()
    current.look()
    open_ = [current.audiences.of(view.narrowed_to(scope)) for scope in SCOPES for view in (WHOLE, ONE)]
    for audience in open_:
        at_once(current.rows.fill(audience))
    for seq, (worker_id, keys, has_left, seconds) in enumerate(history, 1):
        current.clock.pass_(seconds)
        worker = record(worker_id, *map(session, keys if not has_left else ()), left=has_left, max_concurrent=seq)
        current.fleet.hear(report(seq, worker), current.clock())
        current.look()
        for audience in open_:
            scope = audience.view.scope
            assert scope is not None
            assert audience.holders is not None
            assert set(audience.holders) == {row.source for row in current.rows.rows if scope.shows(row)}
            assert list(audience.rows) == [row for row in current.rows.rows if audience.view.shows(row)]
