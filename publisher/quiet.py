"""What must not reach the agent, and what of the agent's is a failure."""

import asyncio
import concurrent.futures
import functools
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from publisher.errors import InvalidCallError
from publisher.text import text_of

P = ParamSpec("P")

_CANCELLED: Final = (asyncio.CancelledError, concurrent.futures.CancelledError)


def quiet(method: "Callable[Concatenate[Any, P], None]") -> "Callable[Concatenate[Any, P], None]":
    """An agent must never fail for its status: what a call raises is reported, and the call does nothing.

    Only what wrong arguments raise. Anything else is the agent's own: a signal handler may raise in the middle of a
    call (a task's time limit does), and that must reach the agent.
    """

    @functools.wraps(method)
    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except InvalidCallError as error:
            self.report(error)
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError) as error:
            name = method.__name__.lstrip("_")
            said = f"session.{name}() was ignored: {type(error).__name__}: {text_of(error)}"
            self.report(InvalidCallError(said))

    return call


def is_failure(error: BaseException | None) -> bool:
    """Whether leaving by this is an error: being cancelled or interrupted is an end."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_failure(inner) for inner in error.exceptions)
    return isinstance(error, Exception) and not isinstance(error, _CANCELLED)
