"""The key of a bridge's session: the one that the agent's code sets, or else the framework's own.

A subagent that has a session of its own is called PARENT/ID: the key of the session around it, and its own id in there.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal

from agent_status_publisher.client import StatusPublisher
from agent_status_publisher.contract.report import check_session_key
from agent_status_publisher.contract.text import text_of
from agent_status_publisher.errors import InvalidCallError

Subagents = Literal["tool", "sessions"]
"""How a bridge shows an agent inside another one: as a tool of the session around it, or as a session of its own."""
KEPT_OF_PARENT: Final = 100
"""The characters of a parent's key in the key of a child whose plain key cannot be one."""

_key_in_context: ContextVar[str | None] = ContextVar("agent_status_key", default=None)


@contextmanager
def status_key(key: str) -> Iterator[None]:
    """Use this key (`channel:session_id`) for runs that begin inside the block, instead of their framework's id."""
    token = _key_in_context.set(key)
    try:
        yield
    finally:
        _key_in_context.reset(token)


def session_key(channel: str | None, session_id: object) -> str:
    """Return the key of a run: the one set by `status_key`, or else the channel and the framework's id.

    A colon in the id does not make its first half a channel: a time, a URL and a URN have one, too. An id that begins
    with this channel keeps its spelling. Without a channel, the id is the key.
    """
    key = _key_in_context.get()
    if key is not None:
        return key
    text = str(session_id)
    return text if channel is None or text.startswith(f"{channel}:") else f"{channel}:{text}"


def child_key(parent: str, subagent: object) -> str:
    """Return the key of a subagent's session: PARENT/ID, so that the same call of a subagent has the same key again.

    Frameworks and models make up ids. If one is too long for a key or has control characters, the key is the parent's
    first 100 characters and a digest of both.
    """
    name = text_of(subagent)
    try:
        return check_session_key(f"{parent}/{name}".encode("utf-8", "replace").decode("utf-8"))
    except ValueError:
        digest = hashlib.sha256(f"{parent}/{name}".encode("utf-8", "surrogatepass")).hexdigest()
        return f"{parent[:KEPT_OF_PARENT]}/{digest[:32]}"


def wants_sessions(publisher: StatusPublisher, subagents: object) -> bool:
    """Return True if subagents are to be sessions. An unknown value is reported, and they are shown as tools."""
    if subagents not in ("tool", "sessions"):
        publisher.report(InvalidCallError("subagents= was ignored: expected 'tool' or 'sessions'"))
    return subagents == "sessions"
