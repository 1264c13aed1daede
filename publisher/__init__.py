"""Tell dashboards what this process's agent sessions do: `StatusPublisher` and what it hands out."""

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
