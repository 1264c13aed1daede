"""A tool that runs while a `with` block of it does, and the name that is shown of it."""

from collections.abc import Callable
from typing import Self

from agent_status_publisher.contract.text import MAX_TOOL_CHARACTERS, clean_text


class ToolCall:
    """The id of a call in a block of the agent's own code, which only the end of the block ends."""


class Tool:
    """Context manager of one tool. Each block is one tool call, and blocks may nest.

    Args:
        start: A function that begins a call with this id.
        end: A function that ends the call.
    """

    def __init__(self, start: Callable[[object], None], end: Callable[[object], None]) -> None:
        self._start = start
        self._end = end
        self._calls: list[object] = []

    def __enter__(self) -> Self:
        call = ToolCall()
        self._calls.append(call)
        self._start(call)
        return self

    def __exit__(self, *_: object) -> None:
        self._end(self._calls.pop())

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()


def shown_tool(name: object) -> str:
    """Return the tool's name as it is shown: cut at 100 characters, and never empty."""
    return ("" if name is None else clean_text(name, MAX_TOOL_CHARACTERS)) or "tool"
