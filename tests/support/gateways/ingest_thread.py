"""`agent-status-gateway ingest` in a thread of this process, over a publisher that remembers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from agent_status_gateway.ingest.app import create_ingest
from agent_status_gateway.server.sockets import listen
from agent_status_gateway.settings import IngestSettings
from agent_status_publisher.testing import RecordingPublisher
from chaos.wait import wait_until


@contextmanager
def ingest(
    publisher: RecordingPublisher, key: str | None = None, http: type[asyncio.Protocol] | str = "auto"
) -> Iterator[str]:
    """Its URL."""
    app = create_ingest(IngestSettings.load(ingest_key=key), publisher)
    server = uvicorn.Server(uvicorn.Config(app, http=http, log_config=None))
    listeners = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": listeners}, name="ingest", daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "ingest listens")
        yield f"http://127.0.0.1:{listeners[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
