"""A session of the agent's own code around all that its framework runs."""

import pytest

from tests.bridges.contract import BRIDGES, SCENARIOS
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KEY = "chat:42"


@pytest.mark.parametrize("bridge", [bridge.name for bridge in BRIDGES])
def test_what_runs_inside_it_neither_ends_nor_renames_it_nor_opens_another(bridge: str) -> None:
    published, _ = driven(bridge, bridge=bridge, own_key=KEY)
    assert {scenario: run.keys for scenario, run in published.items()} == {scenario: {KEY} for scenario in SCENARIOS}
    assert {change["title"] for run in published.values() for change in run.changes if change["state"]} == {"Mine"}
    for scenario, run in published.items():
        ends = [index for index, state in enumerate(run.states) if state in (None, "error")]
        assert ends == [len(run.states) - 1], (scenario, run.states)
        assert (run.states[-1] == "error") == (scenario == "failure"), run.states
