"""The one rule by which nothing of ours reaches the agent, and what of the agent's own is a failure."""

import asyncio
import concurrent.futures
import functools
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from agent_status_publisher.contract.text import text_of
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.worker.process_lock import is_over

P = ParamSpec("P")
T = TypeVar("T")

MISTAKES: Final = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError)
"""The errors that wrong arguments lead to, or a framework of another shape than we know."""
_CANCELLED: Final = (asyncio.CancelledError, concurrent.futures.CancelledError)


def never_raise(method: "Callable[Concatenate[Any, P], T]") -> "Callable[Concatenate[Any, P], T | None]":
    """Report what a method's mistakes raise, once each, and give back None. Its object has a `report(error)`.

    Anything but a mistake is the agent's own: a signal handler may raise in the middle of a call (a task's time limit
    does), and that must reach the agent. At the end of the process the method is not called.
    """

    @functools.wraps(method)
    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        if is_over():
            return None
        try:
            return method(self, *args, **kwargs)
        except InvalidCallError as error:
            self.report(error)
        except MISTAKES as error:
            name = f"{type(self).__name__}.{method.__name__}"
            self.report(InvalidCallError(f"{name}() was ignored: {type(error).__name__}: {text_of(error)}"))
        return None

    return call


def is_failure(error: BaseException | None) -> bool:
    """Return True if leaving by this is an error. To be cancelled or interrupted is an end."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_failure(inner) for inner in error.exceptions)
    return isinstance(error, Exception) and not isinstance(error, _CANCELLED)
