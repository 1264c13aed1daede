"""An outermost run and its contents: the scopes that CrewAI opens inside it."""

import weakref
from dataclasses import dataclass, field
from typing import Any, Final

from crewai.events import CrewKickoffStartedEvent, FlowStartedEvent

from agent_status_publisher.integrations.crewai.run_tasks import RunTask

MAX_SCOPES: Final = 10_000
"""One run remembers at most this many scopes. The least recently used ones are forgotten."""


@dataclass(slots=True, eq=False)
class Root:
    """An outermost run and its contents. CrewAI keeps one state for the run and everything inside it."""

    run: str
    kind: type
    source: int
    state: "weakref.ref[Any]"
    gone: "weakref.ref[Any] | None" = None  # ends the run when CrewAI's object for it is garbage-collected
    task: RunTask | None = None  # ends the run after the task that it is in
    again: int = 0  # open runs of the same source inside this one
    scopes: dict[str, None] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    own: frozenset[str] = frozenset()  # the ids of a crew's own tasks, or of the agent that is the run
    done: set[str] = field(default_factory=set)  # those of its tasks that are completed
    around: "Root | None" = None  # the run whose tool runs this one, if it has a session of its own

    def owns(self, event: Any) -> bool:
        """Return True if an event is about this run's own work, and not about a crew or an agent inside it."""
        task = getattr(getattr(event, "task", None), "id", None)  # where CrewAI has not copied it to the event
        return event.task_id in self.own or event.agent_id in self.own or (task is not None and str(task) in self.own)

    def was_cancelled(self, source: Any, state: Any) -> bool:
        """Return True when an event in this run's scopes does not belong to it: a cancelled run leaves them open."""
        # A resumed flow has no state of its own while it runs.
        return self.state() is not state and (self.kind is not FlowStartedEvent or self.source == id(source))


def own_work(source: Any, event: Any) -> frozenset[str]:
    """Return the ids of a crew's tasks, or of an agent without a crew. A flow has no work of its own."""
    info = getattr(event, "agent_info", None)
    if info is not None:
        return frozenset({str(info["id"])} if info.get("id") else ())
    is_crew = isinstance(event, CrewKickoffStartedEvent)
    return frozenset(str(task.id) for task in source.tasks) if is_crew else frozenset()


class Roots:
    """The outermost runs that are open, by their run and by the scopes inside them."""

    def __init__(self) -> None:
        self.by_run: dict[str, Root] = {}
        self.by_scope: dict[str, Root] = {}

    def add(self, root: Root) -> None:
        """Add an outermost run."""
        self.by_run[root.run] = self.by_scope[root.run] = root

    def remove(self, root: Root) -> bool:
        """Forget a run and all its scopes. Return False if it has been forgotten before."""
        if self.by_run.pop(root.run, None) is None:
            return False
        for scope in (root.run, *root.scopes):
            self.by_scope.pop(scope, None)
        return True

    def inside(self, root: Root) -> list[Root]:
        """Return the runs with sessions of their own that tools of this run have begun."""
        return [known for known in self.by_run.values() if known.around is root]

    def containing(self, event: Any) -> Root | None:
        """Return the run of the scope that an event is in, or of the scope that it ends."""
        return self.by_scope.get(event.parent_event_id) or self.by_scope.get(event.started_event_id)

    def ended_by(self, source: Any, event: Any) -> Root | None:
        """Return the outermost run that this event ends, if any.

        CrewAI names the scope that was opened last. If the end of an inner scope was lost, it names that scope.
        """
        root = self.by_scope.get(event.started_event_id)
        if root is None:
            own = [known for known in self.by_run.values() if known.source == id(source)]
            return own[0] if len(own) == 1 else None
        if root.source != id(source):
            return None
        if root.run != event.started_event_id and root.again:
            root.again -= 1
            return None
        return root

    def open_scope(self, event: Any) -> Root | None:
        """Add the scope of this event to the run around it. Return that run, if it is known."""
        root = self.by_scope.get(event.parent_event_id)
        if root is not None:
            if event.parent_event_id in root.scopes:
                root.scopes[event.parent_event_id] = root.scopes.pop(event.parent_event_id)
            self.by_scope[event.event_id] = root
            root.scopes[event.event_id] = None
            if len(root.scopes) > MAX_SCOPES:
                oldest = next(iter(root.scopes))
                root.tools.pop(oldest, None)
                del root.scopes[oldest], self.by_scope[oldest]
        return root

    def close_scope(self, event: Any) -> Root | None:
        """Forget the scope that this event ends. Return the run that it belongs to, if it is known."""
        root = self.containing(event)
        if root is not None and event.started_event_id in root.scopes:
            del root.scopes[event.started_event_id], self.by_scope[event.started_event_id]
        return root
