"""The spans of frameworks that say little when a span begins; and the bridge beside a framework's own."""

import pytest

from tests.bridges.contract import ASPECTS, SCENARIOS, Published, seen
from tests.bridges.driven import driven

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def spans() -> dict[str, Published]:
    return driven("opentelemetry_spans", bridge="opentelemetry")[0]


@pytest.fixture(scope="module")
def ways() -> dict[str, Published]:
    return driven("opentelemetry_ways", bridge="opentelemetry")[0]


@pytest.fixture(scope="module")
def alone() -> dict[str, Published]:
    return driven("opentelemetry", bridge="opentelemetry")[0]


@pytest.fixture(scope="module")
def beside() -> dict[str, Published]:
    return driven("opentelemetry_beside", bridge="opentelemetry")[0]


def tokens(published: Published) -> tuple[int, int]:
    """The most that were shown."""
    return max((change["input_tokens"], change["output_tokens"]) for change in published.changes)


def titles(published: Published) -> set[str]:
    return {change["title"] for change in published.changes if change["title"]}


def test_nothing_reaches_the_agent_and_but_for_a_mistake_nothing_is_ignored(spans: dict[str, Published]) -> None:
    assert {name: published.raised for name, published in spans.items() if published.raised} == {}
    assert [name for name, published in spans.items() if published.reported] == ["other_shapes"]
    assert len(spans["other_shapes"].reported) == 1


def test_google_adk_is_known_by_its_root_and_the_names_of_its_spans(spans: dict[str, Published]) -> None:
    published = spans["adk"]
    assert published.keys == {"opentelemetry:42"}
    assert published.states == ["thinking", "tool_running", "streaming", "thinking", None]
    assert set(published.tools) == {None, "bash"}
    assert tokens(published) == (1000, 200)


def test_model_calls_of_an_agent_that_is_a_tool_are_counted_though_they_are_inside_another(
    spans: dict[str, Published],
) -> None:
    published = spans["adk_agent_as_tool"]
    assert published.states == ["thinking", "tool_running", "thinking", "streaming", "thinking", None]
    assert tokens(published) == (1000, 200)


def test_microsofts_agent_framework_is_known_by_names_and_its_session_by_the_trace(spans: dict[str, Published]) -> None:
    published = spans["agent_framework"]
    (key,) = published.keys
    assert len(key.removeprefix("opentelemetry:")) == 32
    assert titles(published) == {"Clerk"}
    assert set(published.tools) == {None, "bash"}
    assert tokens(published) == (1000, 200)


def test_strands_is_known_by_names_and_its_session_by_what_is_set_after_the_start(spans: dict[str, Published]) -> None:
    published = spans["strands"]
    assert published.keys == {"opentelemetry:42"}
    assert published.states == ["thinking", "tool_running", "streaming", "thinking", None]
    assert titles(published) == {"Strands Agents"}


def test_an_id_that_comes_at_the_end_comes_too_late(spans: dict[str, Published]) -> None:
    (key,) = spans["id_at_the_end"].keys
    assert key != "opentelemetry:42"
    assert spans["id_at_the_end"].states == ["thinking", None]


def test_a_run_that_another_bridge_saw_first_is_none_of_its_own_even_after_that_ones_end(
    spans: dict[str, Published],
) -> None:
    assert spans["ends_after_its_like"].keys == {"web:42"}
    assert spans["ends_after_its_like"].states == ["thinking", None]


def test_the_words_of_openinference_are_known(spans: dict[str, Published]) -> None:
    published = spans["openinference"]
    assert published.keys == {"opentelemetry:42"}
    assert published.states == ["thinking", "tool_running", "streaming", "thinking", None]
    assert set(published.tools) == {None, "bash"}
    assert tokens(published) == (500, 100)


def test_what_is_not_sampled_is_not_seen_unless_it_is_recorded_and_then_it_is_not_exported(
    spans: dict[str, Published],
) -> None:
    assert spans["nothing_sampled"].changes == []
    assert spans["recorded_though_not_sampled"].keys == {"opentelemetry:42"}


def test_the_name_that_the_agents_code_gives_wins(spans: dict[str, Published]) -> None:
    assert spans["named"].keys == {"chat:7"}


def test_installed_twice_it_counts_once(ways: dict[str, Published]) -> None:
    assert ways["installed_twice"].states == ["thinking", "tool_running", "streaming", "thinking", None]
    assert tokens(ways["installed_twice"]) == (500, 100)


def test_what_the_sdks_live_span_says_after_its_start_is_read_when_something_begins_inside(
    ways: dict[str, Published],
) -> None:
    assert titles(ways["said_after_its_start"]) == {"weather"}
    assert set(ways["said_after_its_start"].tools) == {None, "bash"}


def test_without_an_agent_around_it_nothing_is_a_session(spans: dict[str, Published]) -> None:
    assert spans["no_agent"].changes == []


def test_a_status_is_an_error_unless_it_was_stopped(spans: dict[str, Published]) -> None:
    assert spans["error_that_is_no_exception"].changes[-1]["error_message"] == "rate_limit"
    assert spans["stopped"].states == ["thinking", None]


def test_what_goes_on_or_begins_after_its_agent_has_ended_shows_nothing(spans: dict[str, Published]) -> None:
    assert spans["late_children"].states == ["thinking", "tool_running", None]


def test_attributes_of_another_shape_lose_nothing_else(spans: dict[str, Published]) -> None:
    published = spans["other_shapes"]
    assert published.states == ["thinking", "tool_running", "streaming", "thinking", None]
    assert set(published.tools) == {None, "tool"}


def test_from_many_threads_every_session_ends(spans: dict[str, Published]) -> None:
    last = {change["session_key"]: change["state"] for change in spans["threads"].changes}
    assert len(last) == 20
    assert set(last.values()) == {None}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_beside_the_frameworks_own_bridge_each_run_is_one_session_and_tokens_count_once(
    alone: dict[str, Published], beside: dict[str, Published], scenario: str
) -> None:
    assert beside[scenario].reported == []
    assert len(beside[scenario].keys) == 1
    assert tokens(beside[scenario]) == tokens(alone[scenario])


def test_beside_the_frameworks_own_bridge_all_is_seen(beside: dict[str, Published]) -> None:
    assert seen(beside) == frozenset(ASPECTS)
    assert [scenario for scenario, published in beside.items() if published.is_open] == ["failure"]
