"""Background work of one session, which goes on when the turn is over: subagents, tasks and scheduled wake-ups.

Claude Code lists it with `Stop` and `SubagentStop` since version 2.1.145. The list with a `SubagentStop` still has the
subagent that stops.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

MAX_WORK: Final = 100
"""Maximum pieces of background work that are known of one session."""
MAX_NAME_CHARACTERS: Final = 400
"""The most characters of an id that is kept."""
FINISHED: Final = frozenset({"completed", "failed", "killed", "stopped", "cancelled", "canceled", "error"})
"""States of a listed task that does not run any more. One with an unknown state counts as running."""
WAKE_UP: Final = "cron"
"""The name that is shown for a session that only waits for its next scheduled wake-up."""


UNNAMED: Final = "agent"
"""The name that is shown for a subagent that has not named its type."""


class Background:
    """Work that goes on beside the main agent."""

    def __init__(self) -> None:
        self._subagents: dict[str, str] = {}
        self._tasks: dict[str, str] = {}
        self._settled: set[str] = set()

    def __len__(self) -> int:
        return len(self._subagents) + len(self._tasks)

    @property
    def subagents(self) -> Mapping[str, str]:
        """The names of the subagents that run, by id."""
        return self._subagents

    @property
    def subagent(self) -> str | None:
        """The name of the subagent that began last."""
        return next(reversed(self._subagents.values()), None)

    @property
    def task(self) -> str | None:
        """The name of the task that was listed last."""
        return next(reversed(self._tasks.values()), None)

    def has(self, agent_id: str) -> bool:
        """Tell whether this subagent runs."""
        return agent_id in self._subagents

    def start(self, agent_id: str, name: str | None) -> None:
        """Begin a subagent, or go on with it."""
        self._subagents.setdefault(agent_id, name or UNNAMED)
        if len(self._subagents) > MAX_WORK:
            del self._subagents[next(iter(self._subagents))]

    def end(self, agent_id: str) -> None:
        """End a subagent."""
        self._subagents.pop(agent_id, None)
        self._tasks.pop(agent_id, None)
        self._settled.discard(agent_id)

    def replace(self, tasks: Sequence[Any], wake_ups: Sequence[Any], but: str | None = None) -> None:
        """Replace all by what an agent lists, without the subagent `but`."""
        before, self._subagents, self._tasks = self._subagents, {}, {}
        if wake_ups:
            self._tasks[""] = WAKE_UP
        for task in tasks[:MAX_WORK]:
            if not isinstance(task, Mapping) or _name(task.get("status")) in FINISHED:
                continue
            task_id = _name(task.get("id")) or ""
            kind = _name(task.get("type")) or "task"
            if task_id and task_id == but:
                continue
            if kind == "subagent" or task_id in before:
                self._subagents[task_id] = before.get(task_id) or _name(task.get("agent_type")) or UNNAMED
            else:
                self._tasks[task_id] = kind

    def settle(self) -> None:
        """Note that a turn ended without what is there now: from here on, no interrupt ends it."""
        self._settled = {*self._subagents, *self._tasks}

    def interrupt(self) -> None:
        """Forget what its turn waited for, since it ended with that turn."""
        self._subagents = {one: name for one, name in self._subagents.items() if one in self._settled}
        self._tasks = {one: name for one, name in self._tasks.items() if one in self._settled}

    def clear(self) -> None:
        """Forget all."""
        self._subagents.clear()
        self._tasks.clear()
        self._settled.clear()


def _name(value: Any) -> str | None:
    return value[:MAX_NAME_CHARACTERS] if isinstance(value, str) else None
