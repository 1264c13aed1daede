"""Who reads, and what it may see."""

from agent_status_gateway.access.keys.reader import ANYONE, Reader
from agent_status_gateway.state.views.view import View


def test_a_reader_whose_scope_is_the_whole_snapshot_sees_all() -> None:
    assert ANYONE.sees_all
    assert not Reader("wall", View(channel=frozenset({"web"}))).sees_all
    assert not Reader("wall", View(session=frozenset())).sees_all
