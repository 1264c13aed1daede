"""The settings of a publisher, from its constructor or the environment.

Only this file and the hooks read the environment.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent_status_publisher.contract.details.labels import Labels
from agent_status_publisher.contract.report import MIN_HEARTBEAT_MS
from agent_status_publisher.contract.setting_names import PREFIX, renamed
from agent_status_publisher.contract.wire import Keys
from agent_status_publisher.errors import ConfigurationError

DEFAULT_REDIS_URL: Final = "redis://localhost:6379/0"
MAX_SECONDS: Final = 7 * 24 * 3600.0
MAX_CONCURRENT: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a worker: its Redis, and the terms that its reports carry to every replica."""

    # A URL can hold a password, so it is kept out of the repr, and with it out of logs and tracebacks.
    redis_url: str = field(default=DEFAULT_REDIS_URL, repr=False)
    redis_password_file: str = ""
    namespace: str = "default"
    heartbeat_seconds: float = 5.0
    lease_seconds: float = 15.0
    error_ttl_seconds: float = 30.0
    waiting_ttl_seconds: float = 3 * 24 * 3600.0
    max_concurrent: int = 5
    labels: Labels = ()

    def __post_init__(self) -> None:
        """Refuse a setting that cannot work, by name."""
        try:
            Keys(self.namespace)
        except ValueError as error:
            raise ConfigurationError(f"NAMESPACE: {error}") from None
        _check_seconds("HEARTBEAT_SECONDS", self.heartbeat_seconds, MIN_HEARTBEAT_MS / 1000)
        _check_seconds("LEASE_SECONDS", self.lease_seconds, MIN_HEARTBEAT_MS / 1000)
        _check_seconds("ERROR_TTL_SECONDS", self.error_ttl_seconds, 0)
        _check_seconds("WAITING_TTL_SECONDS", self.waiting_ttl_seconds, 0)
        if self.lease_seconds < 2 * self.heartbeat_seconds:
            raise ConfigurationError(
                f"LEASE_SECONDS: {self.lease_seconds:g} is under two heartbeats (HEARTBEAT_SECONDS is "
                f"{self.heartbeat_seconds:g}): one late heartbeat would make a live worker look lost"
            )
        if type(self.max_concurrent) is not int or not 0 <= self.max_concurrent <= MAX_CONCURRENT:
            raise ConfigurationError(
                f"max_concurrent: {self.max_concurrent!r} is not a whole number from 0 to {MAX_CONCURRENT}"
            )


def _check_seconds(name: str, value: object, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= MAX_SECONDS:
        raise ConfigurationError(f"{name}: {value!r} is not a number of seconds from {least:g} to {MAX_SECONDS:g}")


def from_environment(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Read the settings. The constructor's arguments come first, then `AGENT_STATUS_*`, then the defaults.

    An empty environment variable counts as unset.

    Raises:
        ConfigurationError: A value is wrong; the message names the setting and says what is expected.
    """
    env = os.environ if environment is None else environment
    values: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    url = env.get(f"{PREFIX}REDIS_URL") or env.get("REDIS_URL")
    if url:
        values.setdefault("redis_url", url)
    if file := env.get(f"{PREFIX}REDIS_PASSWORD_FILE"):
        values.setdefault("redis_password_file", file)
    if namespace := env.get(f"{PREFIX}NAMESPACE"):
        values.setdefault("namespace", namespace)
    for name in ("heartbeat_seconds", "lease_seconds", "error_ttl_seconds", "waiting_ttl_seconds"):
        text = env.get(PREFIX + name.upper())
        if text and name not in values:
            values[name] = _seconds(PREFIX + name.upper(), text)
    return Settings(**values)  # type: ignore[arg-type] # __post_init__ checks the values


def renamed_settings() -> list[str]:
    """A sentence for each environment variable with the old prefix."""
    return renamed(os.environ)


def _seconds(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{name}: {text!r} is not a number of seconds") from None
