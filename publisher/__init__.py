"""Tell dashboards what this process's agent sessions do: `StatusPublisher` and what it hands out."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from publisher.client import StatusPublisher
    from publisher.errors import ConfigurationError, InvalidCallError, PublisherError, RedisUnavailableError
    from publisher.session import Session
    from publisher.word import SessionState

__all__ = [
    "ConfigurationError",
    "InvalidCallError",
    "PublisherError",
    "RedisUnavailableError",
    "Session",
    "SessionState",
    "StatusPublisher",
]


def __getattr__(name: str) -> object:
    """Each name when it is asked for: `agent-status hook`, in here too, runs at every tool call of an agent."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from publisher import client, errors, session, word  # noqa: PLC0415 - the point of it

    for home in (client, errors, session, word):
        if (found := getattr(home, name, None)) is not None:
            globals()[name] = found
            return found
    raise AssertionError(name)
