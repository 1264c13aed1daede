"""A session that runs of bridges share, and the labels that bridges give it."""

import os
import weakref
from asyncio import CancelledError
from typing import Final, Literal

from agent_status_publisher.contract.details.labels import MAX_LABEL_VALUE_CHARACTERS, is_harmless
from agent_status_publisher.contract.text import clean_text
from agent_status_publisher.session import Session
from agent_status_publisher.worker.never_raise import is_cancelled

Reason = Literal["approval", "question", "reply"]
"""The reasons for which a run asks a person."""

_filled: Final[weakref.WeakKeyDictionary[Session, dict[str, str]]] = weakref.WeakKeyDictionary()
"""The labels that bridges have given to each session. They stay with it, as its own do."""


class Followed:
    """A session and the runs that share it."""

    __slots__ = (
        "_pid",
        "around",
        "asks",
        "calls_before",
        "children",
        "failure",
        "holders",
        "is_counted",
        "is_held",
        "is_over",
        "opened_by",
        "reason",
        "session",
    )

    def __init__(
        self,
        session: Session,
        opened_by: object,
        *,
        is_held: bool = False,
        around: "Followed | None" = None,
    ) -> None:
        self.session = session
        self.opened_by = opened_by
        self.is_held = is_held
        """True if a `with` block of the agent's own code opened the session before the first run."""
        self.calls_before = session.open_calls() if is_held else frozenset()
        if not is_held:
            session.guests.add(self)
        self.around = around
        """The session around this one, with its runs, if this is a subagent's."""
        self.children: set[Followed] = set()
        if around is not None:
            around.children.add(self)
        self.holders = 0
        self.asks = False
        self.reason: Reason | None = None
        """Why it asks a person, if that is known."""
        self.failure: object = None
        """The first error of a run that ended while others went on."""
        self.is_counted = False
        self.is_over = False
        self._pid = os.getpid()

    @property
    def counts(self) -> bool:
        """True while runs may join. A forked child does not inherit sessions."""
        return not self.is_over and self._pid == os.getpid()

    def family(self) -> "list[Followed]":
        """Return this one and the subagents inside it, at any depth."""
        return [self, *(member for child in self.children for member in child.family())]

    def ask(self, reason: Reason | None) -> None:
        """Note that a run asks a person, and why."""
        self.asks = True
        self.reason = reason

    def fill(self, name: str, value: object) -> None:
        """Label the session with a name that a framework gives, cut to what fits.

        A label that the agent's own code has given stays, and so does one of its worker. A value that is not a name is
        left out.
        """
        text = clean_text(value, MAX_LABEL_VALUE_CHARACTERS) if isinstance(value, str) else ""
        if not text.strip() or not is_harmless(text):
            return
        filled = _filled.setdefault(self.session, {})
        shown = self.session.shown_labels.get(name)
        if shown == filled.get(name) and shown != text:  # else it is another's, or was taken away, or had no room
            filled[name] = text
            self.session.label(name, text)

    def finish(self, error: object, *, has_failed: bool) -> None:
        """Show how the last run of the session has ended. Sessions of subagents that still run end as `cancelled`."""
        is_held = self._leave()
        if has_failed and not (is_held and isinstance(error, BaseException)):
            self.session.error(error)
        elif self.asks and error is None and not self._hands_over():
            self.session.waiting_for_user(self.reason)
        elif is_held:
            self.session.return_to(self.calls_before)
        elif self.failure is not None:
            self.session.error(self.failure)
        elif isinstance(error, BaseException) and is_cancelled(error):
            self.session.end("cancelled")
        else:
            self.session.end()

    def _hands_over(self) -> bool:
        """Pass the question on to the session around it. Return True if there is one."""
        around = self.around
        if around is None or not around.counts:
            return False
        around.ask(self.reason)
        around.session.waiting_for_user(self.reason)
        return True

    def _leave(self) -> bool:
        """Note that its last run has ended. True if a block of the agent's own code holds the session now."""
        self.is_over = True
        self.session.guests.discard(self)
        if self.around is not None:
            self.around.children.discard(self)
        for child in list(self.children):
            child.finish(CancelledError(), has_failed=False)
        return self.session.is_held
