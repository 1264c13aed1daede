"""Named keys that are rotated without a restart, and tickets, as a replica takes them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent_status_gateway.access.key_file import Access
from agent_status_gateway.access.watched_file import WatchedFile
from agent_status_gateway.settings import Settings, SettingsError
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import EVERY_WAY, GatewayThread
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.integration.conftest import way

TICKET = STATUS + "/ticket"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text("wall: geheim\nphone: other\n")
    return file


@pytest.fixture(params=[way("connection on uvloop"), way("task on httptools")])
def gateway(request: pytest.FixtureRequest, real_redis: RedisServer, file: Path) -> Iterator[GatewayThread]:
    with GatewayThread(real_redis.url, EVERY_WAY[request.param], api_keys_file=file) as gateway:
        yield gateway.ready()


def has_been_ended(dashboard: Dashboard) -> bool:
    """Whether its response is complete; the connection may stay."""
    return dashboard.raw.endswith(b"\r\n0\r\n\r\n")


def ask(gateway: GatewayThread, key: str) -> int:
    return gateway.get(headers={"X-Status-Key": key}).status_code


def test_every_key_of_the_file_reads_and_no_other(gateway: GatewayThread) -> None:
    assert [ask(gateway, key) for key in ("geheim", "other", "wall", "geheimother", "")] == [200, 200, 403, 403, 403]


def test_a_key_is_rotated_without_a_restart_and_its_open_streams_end(gateway: GatewayThread, file: Path) -> None:
    with (
        Dashboard(gateway.url, f"{STREAM}?key=geheim") as wall,
        Dashboard(gateway.url, f"{STREAM}?key=other") as phone,
    ):
        wall.wait_for_first()
        phone.wait_for_first()
        file.write_text("wall: new\nphone: other\n")
        wait_until(lambda: has_been_ended(wall), "the stream of the key that is gone ends", 5)
        assert wall.body.rsplit(b"\n\n", 1)[1].startswith(b"retry: ")
        assert [ask(gateway, key) for key in ("geheim", "new", "other")] == [403, 200, 200]
        assert not has_been_ended(phone)


def test_a_broken_list_changes_nothing_until_it_is_repaired(
    gateway: GatewayThread, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("wall geheim\n")
    wait_until(lambda: "the keys stay as they were" in caplog.text, "the log says so")
    assert "geheim" not in caplog.text
    assert ask(gateway, "geheim") == 200
    file.unlink()
    wait_until(lambda: "No such file" in caplog.text, "the log says so")
    assert ask(gateway, "geheim") == 200
    file.write_text("wall: new\n")
    wait_until(lambda: ask(gateway, "new") == 200, "the new key reads")
    assert ask(gateway, "geheim") == 403


def test_a_watch_of_the_file_that_fails_is_logged_and_goes_on(
    gateway: GatewayThread, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [RuntimeError("a defect")]
    changed = WatchedFile.changed

    def fail_once(file: WatchedFile) -> bytes | None:
        if failures:
            raise failures.pop()
        return changed(file)

    monkeypatch.setattr(WatchedFile, "changed", fail_once)
    wait_until(lambda: "the key file's watch has failed and starts again" in caplog.text, "the log says so")
    file.write_text("wall: new\n")
    wait_until(lambda: ask(gateway, "new") == 200, "the new key reads")


def test_streams_of_unchanged_keys_stay_open_while_the_file_is_written_line_by_line(
    gateway: GatewayThread, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["", "wall: geheim\nphone: o", "wall: geheim\nphone: other\nnew: key\n"]
    changed = WatchedFile.changed

    def write_after_each_look(watched: WatchedFile) -> bytes | None:
        content = changed(watched)
        if texts:
            file.write_text(texts.pop(0))
        return content

    with Dashboard(gateway.url, f"{STREAM}?key=other") as phone:
        phone.wait_for_first()
        monkeypatch.setattr(WatchedFile, "changed", write_after_each_look)
        wait_until(lambda: ask(gateway, "key") == 200, "the new key reads")
        assert not has_been_ended(phone)
    assert [ask(gateway, key) for key in ("geheim", "other", "o")] == [200, 200, 403]


def test_a_key_file_that_every_user_may_write_to_is_warned_about_once(
    gateway: GatewayThread, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def warnings() -> int:
        return caplog.text.count("every user of this machine can write to the key file")

    assert warnings() == 0
    file.chmod(0o666)
    wait_until(lambda: warnings() == 1, "the log says so")
    file.write_text("wall: new\n")
    wait_until(lambda: ask(gateway, "new") == 200, "the new key reads")
    assert warnings() == 1


def test_a_start_with_a_key_file_that_every_user_may_write_to_is_warned_about(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.chmod(0o602)
    Access(Settings.load(api_keys_file=file))
    assert f"can write to the key file {file}" in caplog.text


def test_a_start_with_a_pipe_as_key_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(SettingsError, match=r"AGENT_STATUS_API_KEYS_FILE: .*pipe must be a regular file"):
        Access(Settings.load(api_keys_file=pipe))


def test_a_ticket_opens_the_stream_on_every_replica_and_nothing_else(
    gateway: GatewayThread, real_redis: RedisServer
) -> None:
    assert gateway.get(TICKET).status_code == 405
    answer = _ticket(gateway, "geheim")
    assert answer["expires_in"] == 600
    with GatewayThread(real_redis.url, api_key="geheim") as other:
        for replica in (gateway, other.ready()):
            with Dashboard(replica.url, f"{STREAM}?ticket={answer['ticket']}") as dashboard:
                dashboard.wait_for_first()
            assert replica.get(params={"ticket": answer["ticket"]}).status_code == 403
            assert replica.get(STREAM, params={"ticket": answer["ticket"][:-1]}).status_code == 403


def test_a_ticket_and_its_streams_end_with_their_key(gateway: GatewayThread, file: Path) -> None:
    ticket = _ticket(gateway, "geheim")["ticket"]
    with Dashboard(gateway.url, f"{STREAM}?ticket={ticket}") as dashboard:
        dashboard.wait_for_first()
        file.write_text("wall: new\n")
        wait_until(lambda: has_been_ended(dashboard), "the stream ends", 5)
    assert gateway.get(STREAM, params={"ticket": ticket}).status_code == 403


def test_a_ticket_requires_a_key_unless_the_gateway_has_none(gateway: GatewayThread, real_redis: RedisServer) -> None:
    assert httpx.post(gateway.url + TICKET, headers={"X-Status-Key": "wrong"}).status_code == 403
    with GatewayThread(real_redis.url) as unkeyed:
        given = httpx.post(unkeyed.ready().url + TICKET).json()
        with Dashboard(unkeyed.url, f"{STREAM}?ticket={given['ticket']}") as dashboard:
            dashboard.wait_for_first()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("nonsense", "line 1"), ("", "no key in it"), ("API_KEY: x", "the other setting's"), (b"\xff\xfe", "UTF-8")],
)
def test_a_start_with_a_broken_list_is_refused_by_the_settings_name(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    file = tmp_path / "keys"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    given: dict[str, Any] = {"api_key": "own"} if "API_KEY" in str(text) else {}
    with pytest.raises(SettingsError, match=rf"AGENT_STATUS_API_KEYS_FILE: .*{reason}"):
        Access(Settings.load(api_keys_file=file, **given))


def test_a_start_without_the_file_is_refused_by_the_settings_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"AGENT_STATUS_API_KEYS_FILE: .*none cannot be read: No such file"):
        Access(Settings.load(api_keys_file=tmp_path / "none"))


def _ticket(gateway: GatewayThread, key: str) -> dict[str, Any]:
    response = httpx.post(gateway.url + TICKET, headers={"X-Status-Key": key})
    assert response.headers["cache-control"] == "no-store"
    ticket: dict[str, Any] = response.json()
    return ticket


def test_metrics_count_uses_by_the_keys_names_and_hold_no_key(gateway: GatewayThread) -> None:
    with Dashboard(gateway.url, f"{STREAM}?key=geheim") as wall:
        wall.wait_for_first()
        assert [ask(gateway, key) for key in ("geheim", "other", "wrong")] == [200, 200, 403]
        metrics = gateway.get("/metrics").text
    assert 'agent_status_key_clients{key="wall"} 1.0' in metrics
    assert 'agent_status_key_uses_total{key="wall"} 2.0' in metrics
    assert 'agent_status_key_uses_total{key="phone"} 1.0' in metrics
    assert "geheim" not in metrics
