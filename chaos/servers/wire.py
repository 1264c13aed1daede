"""A proxy in front of Redis that a test may hold (half-open), cut, slow down, or have lose what is published."""

import contextlib
import re
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_MESSAGE: Final = re.compile(rb"[*>]3\r\n\$7\r\nmessage\r\n\$\d+\r\n[^\r]*\r\n\$(\d+)\r\n")


class Wire:
    """Listens on a unix socket and passes everything to the server's: each client has a connection of its own."""

    def __init__(self, server_socket: Path) -> None:
        self._server_socket = server_socket
        self._folder = Path(tempfile.mkdtemp(prefix="status-wire-"))
        self.url = f"unix://{self._folder / 'wire.sock'}"
        self.loses_messages = False
        self.delay_seconds = 0.0
        self.lost_messages = 0
        self._flows = threading.Event()
        self._flows.set()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._folder / "wire.sock"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self.flow()
        shutil.rmtree(self._folder, ignore_errors=True)

    def hold(self) -> None:
        """Half-open: connections stay, new ones are made, and not a byte goes through."""
        self._flows.clear()

    def flow(self) -> None:
        """Let through everything that was held; nothing of it is missing."""
        self._flows.set()

    def cut(self) -> None:
        """End every connection; there can be new ones at once."""
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self._server_socket))
            except OSError:
                client.close()
                server.close()
                continue
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._carry, args=(client, server), name="wire up", daemon=True).start()
            threading.Thread(target=self._carry_down, args=(server, client), name="wire down", daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        while chunk := self._receive(source):
            if not self._send(sink, chunk):
                break
        self._end(source, sink)

    def _carry_down(self, source: socket.socket, sink: socket.socket) -> None:
        kept = b""
        while chunk := self._receive(source):
            kept += chunk
            if self.loses_messages:
                through, kept = self._without_messages(kept)
            else:
                through, kept = kept, b""
            if not self._send(sink, through):
                break
        self._end(source, sink)

    def _receive(self, source: socket.socket) -> bytes:
        try:
            return source.recv(65536)
        except OSError:
            return b""

    def _send(self, sink: socket.socket, chunk: bytes) -> bool:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        self._flows.wait()
        try:
            sink.sendall(chunk)
        except OSError:
            return False
        return True

    def _without_messages(self, received: bytes) -> tuple[bytes, bytes]:
        """The bytes that go on, and those that wait for the rest of a message that is to be lost."""
        through = b""
        while found := _MESSAGE.search(received):
            through += received[: found.start()]
            end = found.end() + int(found[1]) + 2
            if len(received) < end:
                return through, received[found.start() :]
            self.lost_messages += 1
            received = received[end:]
        return through + received, b""

    def _end(self, *ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            if ends[0] in self._open:  # the other direction closes them: a number is not given away while one waits
                self._open -= set(ends)
                return
        for end in ends:
            end.close()
