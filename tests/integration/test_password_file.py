"""A password of Redis that changes while publishers and gateways run."""

from pathlib import Path
from typing import Final

import pytest
import redis

from agent_status_gateway.settings import Settings, SettingsError
from agent_status_publisher import ConfigurationError, PublisherError, StatusPublisher
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

VARIABLE: Final = "AGENT_STATUS_REDIS_PASSWORD_FILE"


def set_password(admin: redis.Redis, password: str) -> None:
    """Set it, and cut off everybody who came in by the one before."""
    admin.config_set("requirepass", password)
    for kind in ("normal", "pubsub"):
        admin.client_kill_filter(_type=kind, skipme=True)


def test_a_new_password_is_used_at_the_next_connect_by_publisher_and_gateway(
    own_redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("first\n")
    monkeypatch.setenv(VARIABLE, str(file))
    with redis.Redis.from_url(own_redis.url, single_connection_client=True) as admin:
        admin.ping()  # this connection stays an administrator's, whatever the password is
        set_password(admin, "first")
        with (
            StatusPublisher(own_redis.url, heartbeat_seconds=0.2, lease_seconds=10) as publisher,
            GatewayThread(own_redis.url, debounce_seconds=0.1, redis_password_file=str(file)) as gateway,
        ):
            session = publisher.session("web:1")
            gateway.ready()
            wait_until(lambda: gateway.states() == {"web:1": "thinking"}, "both came in by the first password")
            file.write_text("second\n")
            set_password(admin, "second")
            session.streaming()
            wait_until(lambda: gateway.states() == {"web:1": "streaming"}, "both came in by the second password", 15)
        admin.config_set("requirepass", "")


def test_a_file_that_vanishes_is_an_outage_with_its_reason_until_it_is_back(
    own_redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("first")
    monkeypatch.setenv(VARIABLE, str(file))
    reported: list[PublisherError] = []
    with redis.Redis.from_url(own_redis.url, single_connection_client=True) as admin:
        admin.ping()
        set_password(admin, "first")
        with StatusPublisher(
            own_redis.url, heartbeat_seconds=0.2, lease_seconds=1, on_error=reported.append
        ) as publisher:
            assert publisher.flush()
            file.rename(tmp_path / "away")
            set_password(admin, "first")
            wait_until(lambda: reported, "the outage is reported", 10)
            assert f"REDIS_PASSWORD_FILE: {file} cannot be read" in str(reported[0])
            (tmp_path / "away").rename(file)
            publisher.session("web:1")
            wait_until(lambda: publisher.flush(1), "it goes on with the file", 10)
        admin.config_set("requirepass", "")
    assert len(reported) == 1


def test_a_missing_file_and_a_second_password_stop_the_start_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "missing"
    monkeypatch.setenv(VARIABLE, str(file))
    with pytest.raises(ConfigurationError, match=f"^REDIS_PASSWORD_FILE: {file} cannot be read"):
        StatusPublisher("redis://localhost")
    with pytest.raises(SettingsError, match=f"^AGENT_STATUS_REDIS_PASSWORD_FILE: {file} cannot be read"):
        Settings.load(redis_url="redis://localhost")
    file.write_text("geheim")
    for url in ("redis://:other@localhost", "redis+cluster://user:other@localhost", "redis+sentinel://u:other@h/s"):
        with pytest.raises(ConfigurationError, match="give only one of them"):
            StatusPublisher(url)
        with pytest.raises(SettingsError, match="give only one of them") as refused:
            Settings.load(redis_url=url)
        assert "other" not in str(refused.value)
