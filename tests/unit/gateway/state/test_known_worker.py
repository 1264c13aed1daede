"""What a replica keeps of a worker from one report to the next."""

import pytest

from agent_status_gateway.state.known_worker import KnownWorker
from chaos.workers.reports import record, report, session

FILLING = tuple(session(f"fill:{number}", title="x" * 100) for number in range(40))
"""So many that a report is parsed by the one before it."""


def known(*keys: str, filling: bool, before: KnownWorker | None = None) -> KnownWorker:
    held = record("w1", *map(session, keys), *(FILLING if filling else ()))
    return KnownWorker(report(1, held).decode(None if before is None else before.report.record), 0.0, 0.0, before)


@pytest.mark.parametrize("filling", [False, True])
def test_places_are_kept_while_no_session_comes_or_goes_or_moves(*, filling: bool) -> None:
    first = known("a:1", "a:2", filling=filling)
    assert known("a:1", "a:2", filling=filling, before=first).places is first.places
    for keys in (("a:2", "a:1"), ("a:1",), ("a:1", "a:2", "a:3"), ("a:1", "a:3")):
        other = known(*keys, filling=filling, before=first)
        assert [*other.places][: len(keys)] == [*keys]
        assert [other.session(key) for key in keys] == [session(key) for key in keys]
