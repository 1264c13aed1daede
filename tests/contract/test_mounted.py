"""A replica that another app mounts."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import fakeredis
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent_status_gateway.main import NOT_STARTED, Gateway, create_app
from agent_status_gateway.settings import Settings

PATHS = ("/livez", "/readyz", "/healthz", "/api/v1/agent/status", "/api/v1/agent/status/stream", "/")


def outer_app(status: Gateway, *, enters_lifespan: bool) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if enters_lifespan:
            async with status.router.lifespan_context(status):
                yield
        else:
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/status", status)
    return app


def gateway() -> Gateway:
    return create_app(Settings.load(debounce_seconds=0.05), fakeredis.FakeAsyncRedis())


@pytest.mark.parametrize("path", PATHS)
def test_a_mounted_replica_whose_lifespan_is_not_entered_says_so_at_once_on_every_path(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(outer_app(gateway(), enters_lifespan=False)) as client, caplog.at_level(logging.ERROR):
        for _ in range(2):
            response = client.get(f"/status{path}")
            assert (response.status_code, response.text) == (500, NOT_STARTED)
    assert "status.router.lifespan_context(status)" in NOT_STARTED
    assert [record.levelname for record in caplog.records if record.name == "agent_status_gateway.main"] == ["ERROR"]


def test_a_mounted_replica_whose_lifespan_is_entered_answers_below_its_prefix() -> None:
    with TestClient(outer_app(gateway(), enters_lifespan=True)) as client:
        assert client.get("/status/readyz").json()["status"] == "ok"
        assert client.get("/status/api/v1/agent/status").json()["global"]["state"] == "idle"
        assert client.head("/status/api/v1/agent/status/stream").headers["content-type"].startswith("text/event-stream")


def test_after_its_end_a_replica_is_not_running_and_may_be_started_again() -> None:
    status = gateway()
    with TestClient(status) as client:
        assert client.get("/livez").status_code == 200
    assert TestClient(status).get("/livez").status_code == 500
