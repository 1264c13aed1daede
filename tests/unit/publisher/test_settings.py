"""A publisher's settings."""

import pytest

from agent_status_publisher import ConfigurationError, StatusPublisher
from agent_status_publisher.settings import from_environment


def test_without_anything_it_is_localhost_and_the_defaults() -> None:
    settings = from_environment({})
    assert settings.redis_url == "redis://localhost:6379/0"
    assert (settings.heartbeat_seconds, settings.lease_seconds, settings.error_ttl_seconds) == (5, 15, 30)


def test_our_own_variable_wins_over_the_plain_one_and_an_argument_over_both() -> None:
    env = {"AGENT_STATUS_REDIS_URL": "redis://ours", "REDIS_URL": "redis://plain"}
    assert from_environment(env).redis_url == "redis://ours"
    assert from_environment({"REDIS_URL": "redis://plain"}).redis_url == "redis://plain"
    assert from_environment(env, redis_url="redis://given").redis_url == "redis://given"


def test_an_empty_variable_is_unset() -> None:
    env = {"AGENT_STATUS_REDIS_URL": "", "REDIS_URL": "redis://plain", "AGENT_STATUS_LEASE_SECONDS": ""}
    assert from_environment(env).redis_url == "redis://plain"
    assert from_environment(env).lease_seconds == 15


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"AGENT_STATUS_LEASE_SECONDS": "soon"}, "AGENT_STATUS_LEASE_SECONDS: 'soon' is not a number"),
        ({"AGENT_STATUS_LEASE_SECONDS": "9"}, "LEASE_SECONDS: 9 is under two heartbeats"),
        ({"AGENT_STATUS_HEARTBEAT_SECONDS": "0"}, "HEARTBEAT_SECONDS: 0.0 is not"),
        ({"AGENT_STATUS_HEARTBEAT_SECONDS": "nan"}, "HEARTBEAT_SECONDS: nan is not"),
        ({"AGENT_STATUS_ERROR_TTL_SECONDS": "-1"}, "ERROR_TTL_SECONDS: -1.0 is not"),
        ({"AGENT_STATUS_NAMESPACE": "a b"}, "NAMESPACE: 'a b' is not"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(env: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        from_environment(env)


@pytest.mark.parametrize(
    "url", ["http://localhost", "localhost:6379", "redis://user:secret@host:port/0", "redis://h?db=x"]
)
def test_a_url_that_cannot_be_parsed_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="REDIS_URL: cannot be parsed") as caught:
        StatusPublisher(url)
    assert "secret" not in str(caught.value)


def test_something_that_is_neither_url_nor_client_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"redis must be a URL or a redis\.Redis, not int"):
        StatusPublisher(6379)  # type: ignore[arg-type]


def test_no_repr_shows_a_password() -> None:
    assert "secret" not in repr(from_environment({"REDIS_URL": "redis://:secret@host"}))
    assert "secret" not in repr(StatusPublisher("redis://:secret@host"))
