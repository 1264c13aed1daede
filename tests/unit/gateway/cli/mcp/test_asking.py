"""Questions in threads, with a limit."""

import asyncio
import threading

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from agent_status_gateway.cli.mcp.asking import Asking
from chaos.wait import wait_until

pytestmark = pytest.mark.anyio


# asking: Rule 1
async def test_a_question_beyond_the_most_is_refused_until_another_one_has_its_answer() -> None:
    asking, ends = Asking(1), threading.Event()
    first = asyncio.create_task(asking.ask(ends.wait))
    await asyncio.sleep(0)
    with pytest.raises(ToolError, match="1 questions are being asked at this moment"):
        await asking.ask(int)
    ends.set()
    assert await first
    assert await asking.ask(int) == 0


# asking: Rule 1
async def test_a_question_that_fails_raises_its_error_and_gives_its_place_back() -> None:
    asking = Asking(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            await asking.ask(lambda: int("x"))


# asking: Rule 2
async def test_a_question_that_was_given_up_takes_its_place_until_its_thread_has_ended() -> None:
    asking, ends = Asking(1), threading.Event()
    given_up = asyncio.create_task(asking.ask(ends.wait))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    with pytest.raises(ToolError):
        await asking.ask(int)
    ends.set()

    def is_free() -> bool:
        try:
            with asking.place():
                return True
        except ToolError:
            return False

    wait_until(is_free, "the thread has ended")
