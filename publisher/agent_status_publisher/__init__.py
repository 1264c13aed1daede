"""The publisher: `StatusPublisher` reports what the agent sessions of this process do."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent_status_publisher.client import StatusPublisher
    from agent_status_publisher.contract.report import SessionState
    from agent_status_publisher.errors import (
        ConfigurationError,
        InvalidCallError,
        PublisherError,
        RedisUnavailableError,
    )
    from agent_status_publisher.session import Session

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
    """Import each name when it is asked for: `agent-status-hook`, in here too, runs at every tool call of an agent."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from agent_status_publisher import client, errors, session  # noqa: PLC0415 - the point of it
    from agent_status_publisher.contract import report  # noqa: PLC0415

    for home in (client, errors, session, report):
        if (found := getattr(home, name, None)) is not None:
            globals()[name] = found
            return found
    raise AssertionError(name)
