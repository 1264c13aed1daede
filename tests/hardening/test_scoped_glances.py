"""`status.txt` and `badge.svg` for readers whose key or ticket allows only a part."""

import re
import time
from pathlib import Path
from typing import Final

import httpx
import pytest

from agent_status_gateway.access.keys.key_lines import Key
from agent_status_gateway.access.keys.keyring import KeyRing
from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.paths import BADGE_PATH, TEXT_PATH
from agent_status_gateway.state.views.view import View
from agent_status_publisher import StatusPublisher
from chaos.gateways.gateway_client import STATUS
from chaos.gateways.gateway_thread import GatewayThread
from chaos.wait import wait_until
from tests.support.gateways.scoped_gateway import WORKERS, ci_worker, file, gateway, get, ticket, web_worker

__all__ = ["ci_worker", "file", "gateway", "web_worker"]
both: Final = pytest.mark.parametrize("path", [TEXT_PATH, BADGE_PATH])
PARTS: Final = {
    "everything": ("degraded: 1 in error, 3 working", "1 in error · 3 working"),
    "webkey": ("active: 2 working", "2 working"),
    "onekey": ("active: 1 working", "1 working"),
    "emptykey": ("idle: no sessions", "idle"),
    "labelkey": ("active: 1 working", "1 working"),
    "childkey": ("active: 1 working", "1 working"),
}


@pytest.fixture(autouse=True)
def never_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stops this process for a second makes a snapshot stale, which is then said."""
    monkeypatch.setattr(FeedHealth, "stale_seconds", None)


def whole(answer: httpx.Response) -> str:
    """What an answer says of the whole."""
    assert answer.status_code == 200, answer.text
    if answer.request.url.path == TEXT_PATH:
        return answer.text.partition("\n")[0]
    return str(re.findall(r"<text [^>]*>([^<]*)</text>", answer.text)[1])


@both
def test_a_reader_gets_its_part_by_its_key_and_by_its_tickets(gateway: GatewayThread, path: str) -> None:
    for key, expected in PARTS.items():
        for answer in (get(gateway, key, path), gateway.get(f"{path}?ticket={ticket(gateway, key)}")):
            assert whole(answer) == expected[path == BADGE_PATH]
            assert key == "everything" or "SECRET" not in answer.text


@both
def test_a_ticket_opens_its_part_within_its_keys_within_what_is_asked(gateway: GatewayThread, path: str) -> None:
    def opened(key: str, query: str = "", **body: object) -> str:
        return whole(gateway.get(f"{path}?ticket={ticket(gateway, key, **body)}{query}"))

    none = PARTS["emptykey"][path == BADGE_PATH]
    one = PARTS["onekey"][path == BADGE_PATH]
    assert opened("everything", session=["web:1"]) == one
    assert opened("everything", "&channel=ci", session=["web:1"]) == none
    assert opened("webkey", session=["web:1", "ci:2"]) == one
    assert opened("webkey", channel=["ci"]) == none


def test_no_line_is_of_a_session_outside_of_the_scope(gateway: GatewayThread, ci_worker: StatusPublisher) -> None:
    ci_worker.publish("ci:2", "waiting_for_user")
    ci_worker.publish("web:3", "waiting_for_user")
    wait_until(lambda: len(get(gateway, "everything", TEXT_PATH).text.splitlines()) == 4, "all need a person")
    lines = get(gateway, "webkey", TEXT_PATH).text.splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ["web:3"]


@both
def test_what_is_outside_of_the_scope_is_as_what_does_not_exist(gateway: GatewayThread, path: str) -> None:
    def parts(query: str) -> tuple[int, bytes, dict[str, str]]:
        answer = get(gateway, "webkey", f"{path}?{query}")
        return answer.status_code, answer.content, {**answer.headers} | {"date": ""}

    for query in ("session=ci:1", "channel=ci", "state=error", "parent=ci:1", "label=team:web"):
        assert parts(query) == parts(query.replace("ci", "no"))
        assert parts(query)[0] == 200


@both
def test_the_tag_and_the_bytes_stay_when_something_outside_of_the_scope_changes(
    gateway: GatewayThread, ci_worker: StatusPublisher, path: str
) -> None:
    before = get(gateway, "webkey", path)
    ci_worker.publish("ci:2", "error")
    wait_until(lambda: whole(get(gateway, "everything", path)).count("2 in error") == 1, "ci has changed")
    after = get(gateway, "webkey", path)
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


@both
def test_a_ticket_that_is_void_is_refused_as_no_ticket_is(
    gateway: GatewayThread, path: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ticket(gateway, "webkey", seconds=60)
    stranger = gateway.get(path)
    assert stranger.status_code == 403
    for wrong in (text[:-2], text.replace(".", "", 1), text + "x"):
        refused = gateway.get(f"{path}?ticket={wrong}&session=web:1&state=asleep")
        assert (refused.status_code, refused.content) == (403, stranger.content)
    later = time.time() + 61
    with monkeypatch.context() as patch:
        patch.setattr(gateway.app.replica.access, "_wall_clock", lambda: later)
        assert gateway.get(f"{path}?ticket={text}").content == stranger.content
    assert gateway.get(f"{path}?ticket={text}").status_code == 200
    file.write_text("all: everything\n")
    wait_until(lambda: gateway.get(f"{path}?ticket={text}").status_code == 403, "the key is removed")


def test_a_ticket_that_opens_text_and_badge_opens_no_json(gateway: GatewayThread) -> None:
    text = ticket(gateway, "everything")
    assert [gateway.get(f"{path}?ticket={text}").status_code for path in (STATUS, WORKERS)] == [403, 403]


@both
def test_a_reader_whose_scope_changes_while_its_request_waits_is_answered_by_the_new_one(
    gateway: GatewayThread, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica, narrow = gateway.app.replica, ticket(gateway, "webkey")

    async def wait(_seconds: float) -> bool:
        scope = View(session=frozenset({"web:1"}))
        monkeypatch.setattr(replica.access, "_ring", KeyRing({"web": Key("webkey", scope)}))
        return True

    monkeypatch.setattr(replica.pipeline, "wait_for_snapshot", wait)
    assert whole(gateway.get(f"{path}?ticket={narrow}")) == PARTS["onekey"][path == BADGE_PATH]


@both
def test_a_reader_whose_key_is_removed_while_its_request_waits_is_refused(
    gateway: GatewayThread, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = gateway.app.replica

    async def wait(_seconds: float) -> bool:
        monkeypatch.setattr(replica.access, "_ring", KeyRing({"other": Key("otherkey")}))
        return True

    monkeypatch.setattr(replica.pipeline, "wait_for_snapshot", wait)
    assert get(gateway, "webkey", path).status_code == 403
