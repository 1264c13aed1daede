"""The key of a bridge's session: the one that the agent's code sets, else the framework's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_named: ContextVar[str | None] = ContextVar("agent_status_key", default=None)


@contextmanager
def status_key(key: str) -> Iterator[None]:
    """Runs that begin inside are this session (`channel:session_id`), whatever id their framework gives them."""
    token = _named.set(key)
    try:
        yield
    finally:
        _named.reset(token)


def session_key(channel: str, session_id: object) -> str:
    """The key of a run: the one set by `status_key`, else the framework's id, with a channel if it has none."""
    named = _named.get()
    if named is not None:
        return named
    text = str(session_id)
    return text if ":" in text else f"{channel}:{text}"
