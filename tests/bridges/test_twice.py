"""The line of a bridge run twice, as in a notebook: everything is shown, and counted, once."""

from typing import Any

import pytest

from tests.bridges.contract import BRIDGES, Published
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def shown(run: Published) -> list[dict[str, Any]]:
    """What was published, without the ids that frameworks invent for each run."""
    keys = list(dict.fromkeys(change["session_key"] for change in run.changes))
    return [{**change, "session_key": keys.index(change["session_key"])} for change in run.changes]


@pytest.mark.parametrize("bridge", [bridge.name for bridge in BRIDGES])
def test_a_bridge_whose_line_is_run_twice_shows_what_it_shows_once(bridge: str) -> None:
    published, _ = driven(f"twice.{bridge}", bridge=bridge)
    once, twice = shown(published["once"]), shown(published["twice"])
    assert max(change["input_tokens"] for change in once) > 0
    assert twice == once
    assert [(name, run.raised, run.reported) for name, run in published.items() if run.raised or run.reported] == []
