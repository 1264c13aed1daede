"""Every bridge, driven by the real framework in an environment of its own."""

import pytest

from tests.bridges.contract import ASPECTS, BRIDGES, SCENARIOS, Bridge, Published, filled, seen
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=BRIDGES, ids=lambda bridge: bridge.name)
def bridge(request: pytest.FixtureRequest) -> Bridge:
    bridge: Bridge = request.param
    return bridge


@pytest.fixture(scope="module")
def published(bridge: Bridge, pytestconfig: pytest.Config) -> dict[str, Published]:
    """What this bridge published, scenario by scenario; the framework's versions go to the terminal."""
    published, versions = driven(bridge.name, bridge=bridge.name)
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        said = ", ".join(f"{package} {version}" for package, version in versions.items())
        reporter.write_line(f"\n{bridge.framework}: {said}")
    return published


def test_it_plays_all_scenarios_and_ignores_nothing(published: dict[str, Published]) -> None:
    assert tuple(published) == SCENARIOS
    assert {scenario: run.reported for scenario, run in published.items() if run.reported} == {}


def test_it_sees_what_the_table_says_and_nothing_else(bridge: Bridge, published: dict[str, Published]) -> None:
    shown = {scenario: run.states for scenario, run in published.items()}
    assert seen(published) == frozenset(ASPECTS) - bridge.lacks, shown


def test_it_fills_the_details_that_the_table_says_and_nothing_else(
    bridge: Bridge, published: dict[str, Published]
) -> None:
    assert filled(published) == bridge.fills


def test_each_scenario_is_one_session(published: dict[str, Published]) -> None:
    assert {scenario: len(run.keys) for scenario, run in published.items()} == dict.fromkeys(SCENARIOS, 1)


def test_a_subagent_neither_ends_its_session_nor_opens_one(published: dict[str, Published]) -> None:
    states = published["subagent"].states
    assert states[0] == "thinking"
    assert states.count(None) == 1
    assert states[-1] is None


def test_nothing_stays_open_but_an_error(published: dict[str, Published]) -> None:
    assert [scenario for scenario, run in published.items() if run.is_open] == ["failure"]
