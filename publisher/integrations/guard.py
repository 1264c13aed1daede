"""A bridge's callbacks run inside the agent: what goes wrong in them must not reach it."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from publisher.errors import InvalidCallError
from publisher.text import text_of

P = ParamSpec("P")
T = TypeVar("T")

MISTAKES: Final = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError)
"""What a framework of another shape than we know leads to. Anything else is the agent's own (a task's time limit
may be raised by a signal in the middle of a callback), and must reach it."""


def guarded(callback: "Callable[Concatenate[Any, P], T]") -> "Callable[Concatenate[Any, P], T | None]":
    """A method of a bridge, which has a `report(error)`: its mistakes are reported, once each, and it gives None."""

    @functools.wraps(callback)
    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return callback(self, *args, **kwargs)
        except MISTAKES as error:
            said = f"{type(self).__name__}.{callback.__name__}() was ignored: {type(error).__name__}: {text_of(error)}"
            self.report(InvalidCallError(said))
            return None

    return call
