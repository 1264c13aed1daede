"""The rule that keeps our errors from the agent, and the rule for which of the agent's errors are failures."""

import asyncio
import concurrent.futures
import functools
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from agent_status_publisher.contract.text import MAX_ERROR_CHARACTERS, clean_text
from agent_status_publisher.errors import InvalidCallError
from agent_status_publisher.worker.process_lock import is_over

P = ParamSpec("P")
T = TypeVar("T")

MISTAKES: Final = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, AssertionError, RuntimeError)
"""The errors that wrong arguments cause, or a framework that differs from the one that we know.

A tensor that is not a number, and labels that another thread changes, raise a `RuntimeError`.
"""
_CANCELLED: Final = (asyncio.CancelledError, concurrent.futures.CancelledError)


def never_raise(method: "Callable[Concatenate[Any, P], T]") -> "Callable[Concatenate[Any, P], T | None]":
    """Report each of a method's mistakes once, and return None instead. Its object must have a `report(error)`.

    Any other error belongs to the agent and is raised. A signal handler may raise it in the middle of a call, as a
    task's time limit does. At the end of the process the method is not called.
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
            self.report(
                InvalidCallError(
                    f"{name}() was ignored: {type(error).__name__}: {clean_text(error, MAX_ERROR_CHARACTERS)}"
                )
            )
        return None

    return call


def is_cancelled(error: BaseException | None) -> bool:
    """Return True if a block that this error leaves was cancelled or interrupted. `sys.exit()` ends it well."""
    if error is None or is_failure(error):
        return False
    return not (isinstance(error, SystemExit) and error.code in (None, 0))


def is_failure(error: BaseException | None) -> bool:
    """Return True if a block that this error leaves has failed. A cancelled or interrupted block has only ended."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_failure(inner) for inner in error.exceptions)
    return isinstance(error, Exception) and not isinstance(error, _CANCELLED)
