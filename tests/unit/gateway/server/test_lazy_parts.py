"""Parts of a connection that stand in for uvicorn's, and are as good."""

import asyncio
import sys
from collections import deque

import pytest
from uvicorn.protocols.http.flow_control import FlowControl

from agent_status_gateway.server.lazy_parts import LazyFlowControl, WaitingRequests


class Reading(asyncio.Transport):
    """Transport that counts how often it is told to read, and not to."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


def test_requests_that_wait_come_out_in_the_order_in_which_they_came() -> None:
    waiting = WaitingRequests()
    assert not waiting
    for request in ("first", "second", "third"):
        waiting.appendleft(request)
    assert [waiting.pop() for _ in range(3)] == ["first", "second", "third"]
    assert sys.getsizeof(WaitingRequests()) < sys.getsizeof(deque()) / 5


@pytest.mark.parametrize("kind", [FlowControl, LazyFlowControl])
def test_reading_is_paused_and_resumed_once(kind: type[FlowControl] | type[LazyFlowControl]) -> None:
    transport = Reading()
    flow = kind(transport)
    for act in (flow.resume_reading, flow.pause_reading, flow.pause_reading, flow.resume_reading, flow.resume_reading):
        act()
    assert transport.calls == ["pause", "resume"]
    assert not flow.read_paused


@pytest.mark.parametrize("kind", [FlowControl, LazyFlowControl])
def test_all_answers_wait_while_writing_is_paused_and_no_longer(
    kind: type[FlowControl] | type[LazyFlowControl],
) -> None:
    async def play() -> None:
        flow = kind(Reading())
        await flow.drain()
        for _ in range(2):
            flow.pause_writing()
            assert flow.write_paused
            answers = [asyncio.create_task(flow.drain()) for _ in range(2)]
            await asyncio.sleep(0)
            assert not any(answer.done() for answer in answers)
            flow.resume_writing()
            async with asyncio.timeout(5):
                await asyncio.gather(*answers)
        flow.resume_writing()
        await flow.drain()

    asyncio.run(play())


def test_an_interface_of_uvicorns_flow_control_that_is_new_is_noticed() -> None:
    assert {name for name in vars(FlowControl) if not name.startswith("_")} == {
        name for name in vars(LazyFlowControl) if callable(getattr(LazyFlowControl, name)) and not name.startswith("_")
    }
