"""A server that answers as a test says: something else than a gateway, a bad proxy, or an older gateway."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Request = http.server.BaseHTTPRequestHandler


@contextmanager
def answering(answer: Callable[[Request], None]) -> Iterator[str]:
    """The address of a server that answers each request by this function."""

    class Handler(Request):
        def do_GET(self) -> None:  # noqa: N802 - the library's name
            answer(self)

        do_HEAD = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), name="answering", daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
