"""The settings of a gateway and of ingest. No other module of the gateway reads the environment, but for the demo."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError

from agent_status_publisher.contract import setting_names
from agent_status_publisher.contract.password_file import read_password, split_user
from agent_status_publisher.contract.redis_url import RedisUrlError, parse_redis_url
from agent_status_publisher.contract.setting_names import PREFIX
from agent_status_publisher.contract.wire import Keys

PUBLISHER_ONLY: Final = frozenset({"HEARTBEAT_SECONDS", "LEASE_SECONDS", "ERROR_TTL_SECONDS", "WAITING_TTL_SECONDS"})
LOCALHOST_ORIGINS: Final = "localhost"
NO_ORIGINS: Final = "none"
OWN_ORIGIN: Final = "self"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsError(ValueError):
    """One or more wrong settings. The message names each by its environment variable and says what would be right."""


def _stripped(key: Any) -> Any:
    """Strip the line end that files and orchestrators' secrets often have: no client could send it."""
    return key.strip() or None if isinstance(key, str) else key


def _port(number: Any, field: ValidationInfo) -> Any:
    """Replace an address, which Kubernetes sets for a service of our name, by the default port."""
    is_ours = not setting_names.is_service_address(number)
    return number if is_ours or field.field_name is None else _DEFAULT_PORTS[field.field_name]


_DEFAULT_PORTS: Final = {"port": 8000, "ingest_port": 8001}
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
# Of what a policy may hold, what names a page. A path, a lone `*` and a scheme without a host are refused, and so is
# all that could begin another directive.
_ANCESTOR: Final = re.compile(r"https?://(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:\d{1,5}|:\*)?", re.IGNORECASE)
Key = Annotated[SecretStr | None, BeforeValidator(_stripped)]
Port = Annotated[int, BeforeValidator(_port), Field(ge=0, le=65535)]


class RedisSettings(BaseSettings):
    """Environment variables `AGENT_STATUS_*`; an empty one is unset. Durations are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True, extra="ignore"
    )

    redis_url: str = Field(
        default="redis://localhost:6379/0",
        validation_alias=AliasChoices(f"{PREFIX}REDIS_URL", "REDIS_URL"),
        description="Redis that workers publish to. Fallback: REDIS_URL.",
        repr=False,
    )
    redis_password_file: str = Field(
        default="",
        description="File that has the password of Redis, read at each connect. Default: the URL's password, if any.",
    )
    namespace: str = Field(default="default", description="Workers of one namespace make one snapshot.")
    log_format: Literal["text", "json"] = Field(
        default="text", description="Format of log lines: for people or for programs."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged."
    )

    @field_validator("namespace")
    @classmethod
    def _namespace_names_one_slot(cls, namespace: str) -> str:
        Keys(namespace)
        return namespace

    @field_validator("redis_url")
    @classmethod
    def _redis_url_can_be_parsed(cls, url: str) -> str:
        try:
            # Connects to nothing, but refuses unknown options.
            for plain_url in parse_redis_url(url).seed_urls:
                ConnectionPool.from_url(plain_url).make_connection()  # type: ignore[no-untyped-call]
        except RedisUrlError as error:
            raise ValueError(str(error)) from None
        except (ValueError, TypeError, AttributeError, RedisError):
            # Neither the URL nor redis-py's message is shown: both can hold the password.
            raise ValueError(str(RedisUrlError())) from None
        return url

    @model_validator(mode="after")
    def _password_can_be_read(self) -> Self:
        if self.redis_password_file:
            split_user(parse_redis_url(self.redis_url).any_server_url)
            read_password(Path(self.redis_password_file))
        return self

    @classmethod
    def load(cls, **given: object) -> Self:
        """Take the given options, then the environment, then the defaults.

        Raises:
            SettingsError: A value is wrong.
        """
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            raise SettingsError("; ".join(_describe(problem) for problem in error.errors())) from None


class Settings(RedisSettings):
    """Settings of one replica."""

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; `::` means IPv4, too. 0.0.0.0 in the container image."
    )
    port: Port = Field(default=_DEFAULT_PORTS["port"], description="Port to listen on.")
    api_key: Key = Field(
        default=None,
        validation_alias=AliasChoices(setting_names.API_KEY, setting_names.OLD_API_KEY),
        description="Key that readers must send. Default: none, so anyone may read.",
    )
    api_keys_file: Path | None = Field(
        default=None, description="File of keys, one `name: key` per line; read again when it changes."
    )
    ticket_seconds: int = Field(default=600, ge=1, le=86_400, description="Seconds that a ticket is valid.")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(LOCALHOST_ORIGINS,),
        description="Origins that may read, comma-separated; `localhost` allows local pages on any port; or `none`.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names that requests may be for, comma-separated, besides localhost and IP addresses.",
    )
    frame_ancestors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Pages that may show the dashboard in a frame: origins, comma-separated, or `self`. Default: none.",
    )
    debounce_seconds: float = Field(
        default=1.0, ge=0, le=60, description="Seconds in which a client gets at most one event."
    )
    keepalive_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds without an event before a keepalive."
    )
    drain_seconds: float = Field(
        default=5.0, ge=0, le=600, description="Seconds in which open streams are closed at shutdown."
    )
    max_clients: int = Field(
        default=10_000, ge=1, description="Maximum open streams. Further clients are told to come back later."
    )
    max_clients_per_key: int | None = Field(
        default=None, ge=1, description="Maximum open streams per key. Default: unlimited."
    )
    max_clients_per_address: int | None = Field(
        default=None, ge=1, description="Maximum open streams per address. Default: unlimited."
    )
    max_views: int | None = Field(
        default=None, ge=1, description="Maximum different views of open streams. Default: as many as streams."
    )
    max_views_per_key: int | None = Field(
        default=None, ge=1, description="Maximum different views of open streams per key. Default: unlimited."
    )

    max_requests_per_second: float | None = Field(
        default=None, gt=0, description="Maximum requests per address, without streams and probes. Default: unlimited."
    )

    @classmethod
    def load(cls, **given: object) -> Self:
        """Options that were given, else the environment, else the defaults.

        Raises:
            SettingsError: A value is wrong, or two names of the key are set and differ.
        """
        if given.get("api_key") is None:
            api_key()
        return super().load(**given)

    @field_validator("cors_origins", "allowed_hosts", "frame_ancestors", mode="before")
    @classmethod
    def _parts_are_a_list(cls, parts: Any) -> Any:
        return tuple(part.strip() for part in parts.split(",") if part.strip()) if isinstance(parts, str) else parts

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if NO_ORIGINS in origins:
            if len(origins) > 1:
                raise ValueError(f"{NO_ORIGINS!r} must stand alone")
            return ()
        for origin in origins:
            if origin not in (LOCALHOST_ORIGINS, "*") and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+", origin):
                raise ValueError(f"{origin!r} is not an origin like https://status.example.org, nor {NO_ORIGINS!r}")
        return origins

    @field_validator("frame_ancestors")
    @classmethod
    def _ancestors_are_origins(cls, ancestors: tuple[str, ...]) -> tuple[str, ...]:
        if NO_ORIGINS in ancestors:
            if len(ancestors) > 1:
                raise ValueError(f"{NO_ORIGINS!r} must stand alone")
            return ()
        for ancestor in ancestors:
            if ancestor != OWN_ORIGIN and not _ANCESTOR.fullmatch(ancestor):
                right = f"an origin like https://wiki.example.org or https://*.example.org, nor {OWN_ORIGIN!r}"
                raise ValueError(f"{ancestor!r} is not {right} or {NO_ORIGINS!r}")
        return tuple(ancestor.lower() for ancestor in ancestors)

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not _HOST_NAME.fullmatch(host):
                raise ValueError(f"{host!r} is not a host name like status.example.org, without a port")
        return tuple(host.lower().removesuffix(".") for host in hosts)


class IngestSettings(RedisSettings):
    """Settings of the ingest process."""

    ingest_host: str = Field(
        default="127.0.0.1", description="Address to listen on; beyond this machine, INGEST_KEY must be set."
    )
    ingest_port: Port = Field(default=_DEFAULT_PORTS["ingest_port"], description="Port to listen on.")
    ingest_key: Key = Field(default=None, description="Key that writers must send as X-Status-Key.")
    ingest_ttl_seconds: float = Field(
        default=900.0,
        gt=0,
        le=86_400,
        description="Seconds without an update before a session is an error; four times that while a tool runs.",
    )
    show_idle: bool = Field(
        default=False,
        description="Keep a command-line agent at its prompt as waiting for the user, until it ends or four TTLs pass.",
    )
    subagents: Literal["tool", "sessions"] = Field(
        default="tool", description="What a command-line agent's subagents are: a tool of its session, or sessions."
    )

    @model_validator(mode="after")
    def _a_stranger_must_not_write(self) -> Self:
        if self.ingest_key is None and self.ingest_host not in LOOPBACK:
            raise ValueError(
                f"INGEST_KEY: must be set to listen on {self.ingest_host}: anyone who reaches it could write"
            )
        return self


def api_key() -> str | None:
    """Read the key from the environment, for a replica and for the commands that read one.

    Raises:
        SettingsError: Two names of the key are set and differ.
    """
    try:
        return setting_names.api_key(os.environ)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def renamed_settings() -> list[str]:
    """List a sentence for each environment variable with the old prefix."""
    return setting_names.renamed(os.environ)


def unknown_names(environment: Mapping[str, str] | None = None) -> list[str]:
    """List environment variables with our prefix that are not settings, and are likely misspelt."""
    ours = Settings.model_fields | IngestSettings.model_fields
    known = {PREFIX + name.upper() for name in ours} | {PREFIX + name for name in PUBLISHER_ONLY}
    known.add(setting_names.GATEWAY_URL)
    env = os.environ if environment is None else environment
    ours_or_misspelt = (name for name in env if name.upper().startswith(PREFIX) and name.upper() not in known)
    return sorted(name for name in ours_or_misspelt if not setting_names.is_service_link(name))


def _describe(problem: Any) -> str:
    """Describe one wrong setting for a person; a value that may be secret is not repeated."""
    reason = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:  # a rule over several settings, which names the one that is wrong
        return f"{PREFIX}{reason}"
    field = str(problem["loc"][0])
    name = field.upper() if field.upper().startswith(PREFIX) or field == "REDIS_URL" else PREFIX + field.upper()
    shown = "" if "KEY" in name or "URL" in name else f" (it is {str(problem['input'])[:100]!r})"
    return f"{name}: {reason}{shown}"
