"""A transport's own socket, to write to without the transport's work around it.

Rule 1. The descriptor belongs to the transport: it is never closed here.
Rule 2. After `detach` nothing can be written: the number may soon be that of another connection.
Rule 3. It never blocks, whatever the default timeout of this process is.
Rule 4. There is none for TLS, whose transport encrypts what is written, nor for a transport without a descriptor.
"""

import asyncio
import socket
import sys
from typing import Self

from typing_extensions import override


class BorrowedSocket(socket.socket):
    """Socket that a transport owns. `send` raises OSError where nothing can be written."""

    __slots__ = ()

    @classmethod
    def of(cls, transport: asyncio.BaseTransport) -> Self | None:
        """Borrow a transport's socket; None if the transport must write by itself."""
        owned = transport.get_extra_info("socket")
        if owned is None or transport.get_extra_info("sslcontext") is not None or sys.platform == "win32":
            return None
        if (descriptor := owned.fileno()) < 0:
            return None
        borrowed = cls(owned.family, owned.type, owned.proto, descriptor)
        borrowed.setblocking(False)
        return borrowed

    @override
    def close(self) -> None:
        self.detach()

    def __del__(self) -> None:
        # In place of the finalizer of `socket`, which would close the descriptor.
        self.detach()
