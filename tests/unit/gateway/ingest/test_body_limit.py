"""Limits on request bodies, before the app reads them."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from agent_status_gateway.ingest import body_limit
from agent_status_gateway.ingest.body_limit import BodyLimit


class App:
    """An app that reads its body, and answers when `go` is set."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.has_body = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append((await receive())["body"])
        self.has_body.set()
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def status(limit: BodyLimit, parts: Iterable[bytes]) -> int:
    """Send a body in parts, and return the status of its answer."""
    left = list(parts)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await limit(scope, receive, send)
    status: int = sent[0]["status"]
    return status


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "MAX_BODY_BYTES", 100)
    monkeypatch.setattr(body_limit, "MAX_HELD_BYTES", 150)
    monkeypatch.setattr(body_limit, "SMALL_BYTES", 10)


def test_large_bodies_share_a_limit_and_small_ones_are_read_in_any_case() -> None:
    async def play() -> None:
        app = App()
        limit = BodyLimit(app, may_send=lambda _: True)
        first = asyncio.create_task(status(limit, [b"x" * 100]))
        await app.has_body.wait()
        assert await status(limit, [b"x" * 30, b"x" * 30]) == 503
        app.go.set()
        assert await status(limit, [b"x" * 10]) == 200
        assert await first == 200
        assert await status(limit, [b"x" * 30, b"x" * 30]) == 200, "the first body is not held any more"
        assert [len(body) for body in app.bodies] == [100, 10, 60]

    asyncio.run(play())


def test_a_body_is_refused_as_soon_as_it_is_too_large() -> None:
    async def play() -> None:
        limit = BodyLimit(App(), may_send=lambda _: True)
        assert await status(limit, [b"x" * 60, b"x" * 60, b"never read"]) == 413

    asyncio.run(play())
