"""A stand-in for a gateway whose sessions stay the same."""

import re
import threading
from typing import Final

import orjson

from agent_status_gateway.paths import STREAM_PATH
from agent_status_gateway.state.fold.schema import SessionStatus
from tests.support.gateways.answering import Request
from tests.unit.gateway.cli.terminal.snapshots import snapshot, with_ends

LIVE: Final = 'event: feed\ndata: {"state":"live","since_seconds":1.5}\n\n'


class SameFleet:
    """A gateway with the same sessions for ever. It keeps what it was asked for.

    Without `tells_ends`, it is one that does not know of ends.
    """

    def __init__(self, *rows: SessionStatus, tells_ends: bool = True) -> None:
        self.rows = rows
        self.tells_ends = tells_ends
        self.asked: list[str] = []
        self.refuses = threading.Event()
        self.is_over = threading.Event()
        self._open = 0
        self._lock = threading.Lock()

    @property
    def open_details(self) -> int:
        """Streams of one session that are open."""
        return self._open

    def answer(self, request: Request) -> None:
        self.asked.append(request.path)
        if self.refuses.is_set():
            request.send_response(403)
            request.end_headers()
            return
        is_stream = request.path.startswith(STREAM_PATH)
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream" if is_stream else "application/json")
        request.end_headers()
        of = re.search(r"session=web:(\d+)", request.path)
        rows = [one for one in self.rows if not of or one["session_id"] == of[1]]
        more = {"labels": {"team": "core"}, "link": "https://github.com/a", "host": "box-7"} if of else {}
        told = snapshot(*({**one, **more} for one in rows))  # type: ignore[arg-type]
        if self.tells_ends and "ended=" in request.path:
            told = with_ends(told)
        if not is_stream:
            request.wfile.write(orjson.dumps(told))
            return
        event = f"event: status\ndata: {orjson.dumps(told).decode()}\nid: 1\n\n{LIVE}"
        with self._lock:
            self._open += bool(of)
        try:
            request.wfile.write(event.encode())
            while not (self.is_over.wait(0.1) or self.refuses.is_set()):
                request.wfile.write(b": keepalive\n")
        except OSError:  # the reader has closed it
            pass
        with self._lock:
            self._open -= bool(of)
