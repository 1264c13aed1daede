"""A gateway that says what a script wants: the page's real files, and a stream whose clock is the script's own.

For pictures and measurements of the page alone, where 15 minutes must pass in a second. Tests of rules use real ones.
"""

import http.server
import json
import queue
import threading
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote_plus

from agent_status_gateway.dashboard import ASSETS, INDEX
from agent_status_gateway.dashboard.policy import headers_for
from chaos.gateways.gateway_client import STREAM

Row = dict[str, Any]
WORKERS: Final = "/api/v1/agent/workers"
SUMMARY: Final = "/api/v1/agent/status/summary/stream"
DEGRADED: Final = "error"


def snapshot(rows: list[Row], *, max_concurrent: int, uptime_seconds: int) -> dict[str, Any]:
    is_degraded = any(row["state"] == DEGRADED for row in rows)
    state = "degraded" if is_degraded else "active" if rows else "idle"
    return {
        "global": {
            "state": state,
            "active_sessions": len(rows),
            "max_concurrent": max_concurrent,
            "uptime_seconds": uptime_seconds,
        },
        "sessions": rows,
    }


class ScriptedGateway:
    """`say`, `say_change` and `say_feed` go to every page that is open. It has no summary until `say_summary`.

    Attributes:
        refusal: The status that new streams get instead.
        is_old: True if it knows no `changes`, as older gateways.
        summary: The newest event of its summary; None for 404.
        summaries: The events of each page that reads the summary.
        workers: What it answers when it is asked for the workers; None for 404.
        asked: What each stream that was opened asked for, as text: the query.
        is_slow: True if new streams get nothing until `hurry`.
    """

    def __init__(self) -> None:
        self.refusal: int | None = None
        self.is_old = False
        self.asked: list[str] = []
        self.workers: list[dict[str, Any]] | None = None
        self._newest = b""
        self._streams: list[queue.Queue[bytes | None]] = []
        self.is_slow = False
        self._waiting: list[queue.Queue[bytes | None]] = []
        self.summary: bytes | None = None
        self.summaries: list[queue.Queue[bytes | None]] = []
        handler = type("Handler", (_Handler,), {"gateway": self})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="scripted gateway"
        )
        self.url = f"http://localhost:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def say(self, snapshot: dict[str, Any], id_: str = "a") -> None:
        self._newest = f"event: status\ndata: {json.dumps(snapshot)}\nid: {id_}\n\n".encode()
        self._send(self._newest)

    def say_change(self, change: dict[str, Any], id_: str) -> None:
        """Send only a change. Pages that come later get the newest snapshot that was said."""
        self._send(f"event: change\ndata: {json.dumps(change)}\nid: {id_}\n\n".encode())

    def say_summary(self, groups: list[dict[str, Any]], id_: str = "s") -> None:
        """Say how many sessions there are, as groups of a summary by channel."""
        sessions = sum(group["sessions"] for group in groups)
        state = "degraded" if any(DEGRADED in group["states"] for group in groups) else "active"
        about = {"state": state, "active_sessions": sessions, "max_concurrent": 2 * sessions, "uptime_seconds": 60}
        data = json.dumps({"global": about, "groups": groups})
        self.summary = f"event: summary\ndata: {data}\nid: {id_}\n\n".encode()
        for page in self.summaries:
            page.put(self.summary)

    def say_feed(self, state: str, since_seconds: float) -> None:
        said = json.dumps({"state": state, "since_seconds": since_seconds})
        self._send(f"event: feed\ndata: {said}\n\n".encode())

    def hurry(self) -> None:
        """Send the newest snapshot to the streams that wait for one."""
        self.is_slow = False
        for stream in self._waiting:
            stream.put(self._newest)
        self._streams += self._waiting
        self._waiting.clear()

    def cut(self) -> None:
        """End every stream."""
        for stream in [*self._streams, *self._waiting, *self.summaries]:
            stream.put(None)
        self._streams.clear()
        self._waiting.clear()
        self.summaries.clear()

    def forget_streams(self) -> None:
        """Leave every stream open and silent, as a frozen replica does."""
        self._streams.clear()

    def _send(self, event: bytes) -> None:
        for stream in self._streams:
            stream.put(event)

    def summary_stream(self) -> queue.Queue[bytes | None]:
        """The events of a page that reads the summary: the newest one first, None at the end."""
        events: queue.Queue[bytes | None] = queue.Queue()
        events.put(self.summary)
        self.summaries.append(events)
        return events

    def stream(self) -> queue.Queue[bytes | None]:
        """The events of a page that has come: the newest snapshot first, None at the end."""
        events: queue.Queue[bytes | None] = queue.Queue()
        if self.is_slow:
            self._waiting.append(events)
            return events
        events.put(self._newest)
        self._streams.append(events)
        return events


class _Handler(http.server.BaseHTTPRequestHandler):
    gateway: ScriptedGateway

    def do_HEAD(self) -> None:
        self._answer(b"", "application/json", self._refusal or HTTPStatus.OK)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == STREAM and self._refusal is not None:
            self._answer(b"{}", "application/json", self._refusal)
        elif path == STREAM:
            self.gateway.asked.append(unquote_plus(query))
            self._stream(self.gateway.stream())
        elif path == SUMMARY and self.gateway.summary is not None:
            self._stream(self.gateway.summary_stream())
        elif path == WORKERS and self.gateway.workers is not None:
            self._answer(json.dumps({"workers": self.gateway.workers}).encode(), "application/json")
        elif (asset := ASSETS.get(INDEX if path == "/" else path.removeprefix("/dashboard/"))) is not None:
            self._answer(asset.body, asset.media_type)
        else:
            self.send_error(404)

    def log_message(self, *_arguments: object) -> None:
        """Not to the output."""

    @property
    def _refusal(self) -> int | None:
        """The status that a stream with this query gets; None if it is opened."""
        if self.gateway.summary is None and self.path.startswith(SUMMARY):
            return HTTPStatus.NOT_FOUND
        if self.gateway.is_old and "changes" in self.path:
            return HTTPStatus.UNPROCESSABLE_ENTITY
        return self.gateway.refusal

    def _answer(self, body: bytes, media_type: str, status: int = 200) -> None:
        self.send_response(status)
        about = {"Content-Type": media_type, "Content-Length": str(len(body))}
        for name, value in {**headers_for(()), **about}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: queue.Queue[bytes | None]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        while (event := events.get()) is not None:
            try:
                self.wfile.write(event)
            except OSError:
                return
