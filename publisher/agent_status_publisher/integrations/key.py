"""The key of a bridge's session: the one that the agent's code sets, or else the framework's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
