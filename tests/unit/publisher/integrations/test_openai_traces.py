"""The open traces of the OpenAI Agents SDK."""

import gc

from agent_status_publisher.integrations.openai_traces import Seen, Traces, traces_of
from agent_status_publisher.testing import RecordingPublisher


def test_the_processors_of_one_publisher_share_its_traces() -> None:
    publisher = RecordingPublisher()
    assert traces_of(publisher) is not traces_of(RecordingPublisher())
    first = traces_of(publisher)
    assert traces_of(publisher) is first


def test_the_traces_live_as_long_as_a_processor_holds_them() -> None:
    publisher = RecordingPublisher()
    traces: Traces | None = traces_of(publisher)
    assert traces is not None
    traces.seen["trace"] = Seen("trace", None, is_unnamed=True)
    del traces
    gc.collect()
    assert traces_of(publisher).seen == {}


def test_a_trace_that_begins_in_an_except_block_remembers_the_error_around_it() -> None:
    around = ValueError("handled by the agent")
    try:
        raise around
    except ValueError:
        assert Seen("trace", None, is_unnamed=False).before is around
