"""Open tool calls of one session."""

from agent_status_gateway.ingest.activity import calls as calls_module
from agent_status_gateway.ingest.activity.calls import OpenCalls


def tools(calls: OpenCalls) -> list[str]:
    return [call.tool for call in calls]


# calls: Rule 1
def test_a_call_with_an_id_ends_with_that_id() -> None:
    calls = OpenCalls()
    calls.start(None, "bash", "1")
    calls.start(None, "read", "2")
    assert calls.end(None, "bash", "3") is None
    calls.end(None, "another name", "1")
    assert tools(calls) == ["read"]


# calls: Rule 1
def test_calls_of_one_tool_without_ids_are_counted() -> None:
    calls = OpenCalls()
    for _ in range(3):
        calls.start(None, "bash", None)
    calls.start("a1", "bash", None)
    calls.end(None, "bash", None)
    calls.end(None, "bash", None)
    assert [call.agent for call in calls] == [None, "a1"]
    assert calls.end(None, "read", None) is None


# calls: Rule 2
def test_without_ids_the_call_that_is_asked_about_ends_last() -> None:
    calls = OpenCalls()
    first, second = calls.start(None, "bash", None), calls.start(None, "bash", None)
    assert calls.end(None, "bash", None, [first]) is second
    assert calls.end(None, "bash", None, [first]) is first


def test_a_call_that_begins_again_is_the_newest() -> None:
    calls = OpenCalls()
    calls.start(None, "bash", "1")
    calls.start(None, "read", "2")
    calls.start(None, "bash", "1")
    assert tools(calls) == ["read", "bash"]
    assert calls.newest is not None
    assert calls.newest.id == "1"


def test_calls_that_never_end_fill_no_memory() -> None:
    calls = OpenCalls()
    for call in range(1000):
        calls.start(None, "bash", str(call))
    assert len(calls) == calls_module.MAX_CALLS
    assert calls.newest is not None
    assert calls.newest.id == "999"
