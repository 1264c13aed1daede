"""The rows of now for readers of summaries, kept up by what changed."""

from collections import Counter
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from agent_status_gateway.fanout.audience import Audience
from agent_status_gateway.state.steps import at_once
from agent_status_gateway.state.views.summary.summary import Summary
from agent_status_gateway.state.views.view import WHOLE, View
from chaos.workers.reports import record, report, session
from tests.unit.gateway.pipeline.test_current_rows import WEB, Current

KEYS: Final = ("web:1", "web:2", "ci:1", "alone")
VIEWS: Final = (WHOLE, WEB, View(session=frozenset({"web:1", "ci:1"})), WHOLE.narrowed_to(WEB))
BY: Final = ("channel", "state", "worker", "label.team")

holding = st.lists(
    st.builds(
        session,
        st.sampled_from(KEYS),
        st.sampled_from(["thinking", "streaming", "waiting_for_user"]),
        run_ms=st.sampled_from([0, 2000, 40_000]),
        changed_ms=st.sampled_from([0, 2000]),
    ),
    unique_by=lambda held: held.key,
)
histories = st.lists(
    st.tuples(st.sampled_from(["w1", "w2", "w3"]), holding, st.booleans(), st.sampled_from([0.0, 1.0, 20.0])),
    max_size=12,
)


def opened(current: Current, view: View) -> Audience:
    audience = current.audiences.of(view)
    at_once(current.rows.fill(audience))
    return audience


def shown(audience: Audience, now: float) -> Any:
    assert isinstance(audience.rows, Summary)
    return at_once(audience.rows.shown(now))


@given(histories)
def test_the_summaries_of_open_views_are_what_can_be_counted_from_nothing_after_each_look(history: list[Any]) -> None:
    """Workers come, go, are lost and forgotten, take sessions from each other, and date their states again."""
    current = Current()
    current.look()
    open_ = [opened(current, view.counted_by(by)) for view in VIEWS for by in BY]
    for seq, (worker_id, sessions, has_left, seconds) in enumerate(history, 1):
        current.clock.pass_(seconds)
        current.fleet.hear(
            report(seq, record(worker_id, *([] if has_left else sessions), left=has_left)), current.clock()
        )
        current.look()
        now = current.clock()
        for audience in open_:
            rows = [row for row in current.rows.rows if audience.view.shows(row)]
            again = at_once(current.rows.select(audience.view))
            assert shown(audience, now) == shown_again(again, now)
            assert (audience.rows.id, len(audience.rows)) == (again.id, len(rows))
            if audience.view.by == "worker":
                held = Counter(row.source.known.report.record.id for row in rows)
                assert {group["worker"]: group["sessions"] for group in shown(audience, now)} == held
            for group in shown(audience, now):
                assert all(age >= 0 for age in group["oldest_seconds"].values())


def shown_again(rows: Any, now: float) -> Any:
    assert isinstance(rows, Summary)
    return at_once(rows.shown(now))


def test_a_session_that_moves_to_another_worker_is_news_to_a_summary_by_worker_alone() -> None:
    current = Current()
    current.look()
    current.hear("web:1")
    current.look()
    by_worker, by_channel = (opened(current, WEB.counted_by(by)) for by in ("worker", "channel"))
    for audience in (by_worker, by_channel):
        audience.readers.add(object())  # type: ignore[arg-type]
    current.hear("web:1", worker_id="w2", seq=2)
    current.look()
    assert [group["worker"] for group in shown(by_worker, current.clock())] == ["w2"]
    assert by_worker.debounce.is_open
    assert not by_channel.debounce.is_open
    assert current.audiences.due_at == by_worker.due_at


def test_a_summary_of_few_groups_is_short_however_many_rows_it_counts() -> None:
    current = Current()
    current.look()
    for worker in range(2):
        current.hear(*(f"web:{worker}.{number}" for number in range(600)), worker_id=f"w{worker}")
    current.look()
    assert opened(current, WEB.counted_by("channel")).is_short
    assert not opened(current, WEB).is_short
