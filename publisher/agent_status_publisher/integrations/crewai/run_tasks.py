"""The asyncio task that a run is in. CrewAI does not report that a run was cancelled, but its task ends in any case."""

import asyncio
import weakref
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Final

SYNC_KICKOFF: Final = "_run_flow"
"""The coroutine that CrewAI runs in a task of its own for the sync `kickoff()` of a flow."""

End = Callable[[], None]


class RunTask:
    """A task, and how to end the runs in it that are still open.

    The task's thread calls `_finish`. The event bus's thread calls everything else.
    """

    def __init__(self, task: "asyncio.Task[object]") -> None:
        self._is_over = False
        self._ends: dict[str, tuple[asyncio.AbstractEventLoop, End]] = {}
        self.is_crewais = getattr(task.get_coro(), "__name__", None) == SYNC_KICKOFF
        """True if CrewAI made the task for one sync kickoff. Code around that kickoff is not in the task."""
        task.add_done_callback(self._finish)

    def add(self, run: str, end: End) -> None:
        """Call `end` on the running loop when the task is over, which it may be already."""
        loop = asyncio.get_running_loop()
        self._ends[run] = loop, end
        if self._is_over:
            loop.call_soon(end)

    def discard(self, run: str) -> None:
        """Forget a run that has ended."""
        self._ends.pop(run, None)

    def _finish(self, _: object) -> None:
        self._is_over = True
        for loop, end in list(self._ends.values()):
            with suppress(RuntimeError):  # the loop is closed because the process is exiting
                loop.call_soon_threadsafe(end)


class _Beginning:
    """A run that is about to begin. Its first event names it. Tasks inside inherit it with their context."""

    def __init__(self, task: RunTask) -> None:
        self.task = task
        self.run: str | None = None


_beginning: ContextVar[_Beginning | None] = ContextVar("agent_status_crewai_beginning", default=None)
_tasks: "weakref.WeakKeyDictionary[asyncio.Task[object], RunTask]" = weakref.WeakKeyDictionary()


def note_beginning() -> None:
    """Note in which task a run is about to begin. Call it in that task. A thread without a task has nothing to note."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        _beginning.set(None)
        return
    known = _tasks.get(task)
    if known is None:
        known = _tasks[task] = RunTask(task)
    _beginning.set(_Beginning(known))


def task_of(run: str) -> RunTask | None:
    """Return the task of the run whose first event is being handled. The event brings its emitter's context."""
    beginning = _beginning.get()
    if beginning is None:
        return None
    if beginning.run is None:
        beginning.run = run
    return beginning.task if beginning.run == run else None
