"""Tickets that allow only a part, and keys whose scope changes."""

import re
import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from agent_status_gateway.server.connection import Connection
from chaos.clients.sse import Dashboard
from chaos.gateways.gateway_client import STATUS, STREAM
from chaos.gateways.gateway_thread import GatewayThread, Served
from chaos.wait import wait_until
from tests.support.gateways.scoped_gateway import (
    KEYS,
    TICKET,
    WORKERS,
    ci_worker,
    file,
    first,
    gateway,
    keys_of,
    snapshot,
    ticket,
    web_worker,
)

__all__ = ["ci_worker", "file", "gateway", "web_worker"]


def test_a_ticket_opens_its_part_within_that_of_its_key(gateway: GatewayThread) -> None:
    def opened(key: str, query: str = "", **body: object) -> list[str]:
        return keys_of(first(gateway, f"ticket={ticket(gateway, key, **body)}{query}"))

    assert opened("everything", session=["web:1", "ci:2"]) == ["ci:2", "web:1"]
    assert opened("everything", "&channel=ci", session=["web:1", "ci:2"]) == ["ci:2"]
    assert opened("everything", "&session=ci:1", session=["web:1"]) == []
    assert opened("webkey", session=["web:1", "ci:2"]) == ["web:1"]
    assert opened("webkey", channel=["ci"]) == []
    assert opened("webkey", seconds=60) == ["web:1", "web:2"]


def test_of_a_key_and_a_ticket_in_one_request_the_key_counts(gateway: GatewayThread) -> None:
    link = ticket(gateway, "everything", session=["ci:1"])
    assert keys_of(first(gateway, f"ticket={link}&key=webkey")) == ["web:1", "web:2"]
    assert keys_of(first(gateway, f"ticket={link}&key=wrong")) == ["ci:1"]


def test_of_two_tickets_the_first_one_counts_and_they_open_no_more_together(gateway: GatewayThread) -> None:
    one, other = ticket(gateway, "everything", session=["ci:1"]), ticket(gateway, "webkey", session=["web:1"])
    assert keys_of(first(gateway, f"ticket={one}&ticket={other}")) == ["ci:1"]
    assert keys_of(first(gateway, f"ticket={other}&ticket={one}")) == ["web:1"]
    assert gateway.get(f"{STREAM}?ticket=wrong&ticket={one}").status_code == 403


@pytest.mark.parametrize("change", ["%00", "%0A", "%20", "%EF%BC%8E", "%C2%AD", ".", "=", "x" * 4000])
def test_a_ticket_with_anything_more_before_behind_or_in_it_is_void(gateway: GatewayThread, change: str) -> None:
    link = ticket(gateway, "everything", session=["ci:1"])
    middle = link.rindex(".")
    for text in (change + link, link + change, link[:middle] + change + link[middle + 1 :]):
        if text != link:
            assert gateway.get(f"{STREAM}?ticket={text}").status_code == 403
    spelled = "".join(f"%{ord(character):02x}" for character in link)
    assert keys_of(first(gateway, f"ticket={spelled}")) == ["ci:1"], "percent-encoded it is the same"


def test_a_tickets_global_status_is_of_its_own_scope(gateway: GatewayThread) -> None:
    found = first(gateway, f"ticket={ticket(gateway, 'everything', session=['web:1'])}")
    assert (found["global"]["max_concurrent"], found["global"]["active_sessions"]) == (3, 1)


def test_a_ticket_never_opens_json_nor_workers_nor_makes_another(gateway: GatewayThread) -> None:
    text = ticket(gateway, "everything", session=["web:1"])
    for path in (STATUS, WORKERS):
        refused, stranger = gateway.get(f"{path}?ticket={text}"), gateway.get(path)
        assert (refused.status_code, refused.text) == (403, stranger.text)
    assert httpx.post(f"{gateway.url}{TICKET}?ticket={text}", json={"seconds": 9}, timeout=8).status_code == 403


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"session": []}', ["body", "session"]),
        (b'{"state": ["error"]}', ["body"]),
        (b'{"sesion": ["web:1"]}', ["body"]),
        (b'{"seconds": 2678401}', ["body", "seconds"]),
        (b"null", ["body"]),
        (b"session=web:1", ["body"]),
        (b"{" + b" " * 20_000 + b"}", ["body"]),
    ],
)
def test_a_ticket_is_not_given_for_what_is_not_understood(
    gateway: GatewayThread, body: bytes, place: list[str]
) -> None:
    ask = partial(httpx.post, gateway.url + TICKET, content=body, timeout=8)
    answer = ask(headers={"X-Status-Key": "everything"})
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == place
    assert ask(headers={"X-Status-Key": "wrong"}).status_code == 403, "a stranger learns nothing"


def test_without_a_body_the_answer_is_what_it_was(gateway: GatewayThread) -> None:
    answer = httpx.post(gateway.url + TICKET, headers={"X-Status-Key": "everything"}, timeout=8)
    assert answer.json().keys() == {"ticket", "expires_in"}
    assert answer.json()["expires_in"] == 600
    assert re.fullmatch(r"[0-9]{10}\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}", answer.json()["ticket"])
    longer = httpx.post(
        gateway.url + TICKET, headers={"X-Status-Key": "everything"}, json={"seconds": 86_400}, timeout=8
    )
    assert longer.json()["expires_in"] == 86_400


def test_a_key_whose_scope_changes_loses_its_streams_and_those_of_its_tickets_and_no_other(
    gateway: GatewayThread, file: Path
) -> None:
    link = ticket(gateway, "webkey", session=["web:1", "ci:1"])
    with (
        Dashboard(gateway.url, f"{STREAM}?key=webkey") as by_key,
        Dashboard(gateway.url, f"{STREAM}?ticket={link}") as by_ticket,
        Dashboard(gateway.url, f"{STREAM}?key=bothkey") as other,
    ):
        for dashboard in (by_key, by_ticket, other):
            dashboard.wait_for_first()
        file.write_text(KEYS.replace("webkey channel=web", "webkey channel=ci"))
        for dashboard in (by_key, by_ticket):
            wait_until(lambda ended=dashboard: ended.raw.endswith(b"\r\n0\r\n\r\n"), "the stream ends")  # type: ignore[misc]
            assert dashboard.body.rsplit(b"\n\n", 1)[1].startswith(b"retry: ")
        assert keys_of(snapshot(gateway, "webkey")) == ["ci:1", "ci:2"]
        assert keys_of(first(gateway, f"ticket={link}")) == ["ci:1"]
        assert not other.raw.endswith(b"\r\n0\r\n\r\n")


def test_a_scope_with_a_typo_changes_nothing_at_a_reload(
    gateway: GatewayThread, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("all: everything\nweb: webkey chanel=ci\n")
    wait_until(lambda: "the keys stay as they were" in caplog.text, "the log says so")
    assert f"{file}, line 2: " in caplog.text
    assert "webkey" not in caplog.text
    assert keys_of(snapshot(gateway, "webkey")) == ["web:1", "web:2"]


def test_a_ticket_that_expires_while_its_stream_is_opened_opens_no_more_than_its_part(
    gateway: GatewayThread, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ticket(gateway, "everything", session=["web:1"])
    looks = 1 if served.http is Connection else 2  # on other servers, again after the wait for a snapshot
    times = iter([time.time()] * looks)
    monkeypatch.setattr(gateway.app.replica.access, "_wall_clock", lambda: next(times, 1e10))
    assert keys_of(first(gateway, f"ticket={text}")) == ["web:1"]
    assert gateway.get(f"{STREAM}?ticket={text}").status_code == 403
