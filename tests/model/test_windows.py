"""When the whole pipeline reads and sends, on a clock that stands still in between."""

from collections.abc import Iterator

import pytest

from agent_status_gateway.feed.news import ReportHeard
from agent_status_gateway.state.views.view import View
from chaos.workers.reports import record, session
from tests.model.changes_world import ChangesWorld
from tests.model.viewer import Viewer


@pytest.fixture
def world() -> Iterator[ChangesWorld]:
    made = ChangesWorld()
    yield made
    made.close()


def joined(world: ChangesWorld, name: str) -> Viewer:
    return world.join(View(channel=frozenset({name})), wants_changes=True)


def shows(world: ChangesWorld, worker_id: str, key: str, state: str = "thinking") -> None:
    """Have a worker report one session, and let the pipeline do what it does of itself."""
    world.hear(world.write(record(worker_id, session(key, state))))
    world.rest()


def pass_until(world: ChangesWorld, moment: float) -> None:
    """Let time pass in steps, as a clock goes on."""
    while world.clock() < moment:
        world.pass_(min(0.01, moment - world.clock()))
        world.rest()


# sending: Rule 1
def test_a_change_in_a_views_window_is_sent_when_that_ends_though_another_window_closes_later(
    world: ChangesWorld,
) -> None:
    web, ci = joined(world, "web"), joined(world, "ci")
    pass_until(world, 5.0)
    shows(world, "w1", "ci:1")
    pass_until(world, 5.5)
    shows(world, "w2", "web:1")
    pass_until(world, 6.2)
    shows(world, "w1", "ci:1", "streaming")
    pass_until(world, 6.3)
    assert (web.events[1:], ci.events[1:]) == (["change"], ["change", "change"])
    # Nothing is due in the window of `web`, until 6.5. Those of `ci` and of the whole snapshot end at 7.2.
    shows(world, "w2", "web:1", "streaming")
    pass_until(world, 6.45)
    assert web.events[1:] == ["change"]
    pass_until(world, 6.56)
    assert web.events[1:] == ["change", "change"]


# sending: Rule 2
def test_many_reports_that_wait_are_read_before_the_window_closes(world: ChangesWorld) -> None:
    world.first.pipeline._sending._report_seconds = 0.01
    web = joined(world, "web")
    pass_until(world, 5.0)
    shows(world, "w", "web:1")
    pass_until(world, 5.1)
    assert web.events[1:] == ["change"]
    for number in range(20):
        shows(world, f"w{number}", f"web:{number}", "streaming")
    inbox = world.first.pipeline._settling.inbox
    pass_until(world, 5.65)
    assert len(inbox) == 20
    pass_until(world, 5.75)
    assert len(inbox) == 0
    pass_until(world, 6.06)
    assert web.events[1:] == ["change", "change"]


# fleet: Rule 5
def test_a_report_that_waited_for_the_pipeline_is_as_old_as_its_worker_says_and_as_long_as_it_waited(
    world: ChangesWorld,
) -> None:
    raw = world.write(record("w", session("web:1", changed_ms=2000)))
    pass_until(world, 3.0)
    world.first.feed.news.put_nowait(ReportHeard(raw, came_at=0.0))
    world.rest()
    (row,) = world.first.pipeline._settling.current.rows
    assert row.started_at == -2.0
