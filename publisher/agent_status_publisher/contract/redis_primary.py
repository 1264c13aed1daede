"""The search for the server that holds a namespace. Pure: both sides do their own I/O.

Before it comes redis_url.py. After it come the publisher's redis_writer.py and the gateway's redis_client.py, which
ask again after each failure. A namespace is one slot, so even on a Cluster one server holds all of it. Once that server
is known, an ordinary connection to it does everything. When the primary changes, that connection fails and the search
begins again.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from agent_status_publisher.contract.redaction import redacted
from agent_status_publisher.contract.redis_url import Kind, Node, RedisTarget
from agent_status_publisher.contract.text import text_of_reply


class PrimaryUnknownError(ConnectionError):
    """No server that was asked named the primary. The message has the answer of each."""


class PrimarySearch:
    """The servers that can be asked: those of the URL and, on a Cluster, those of its last answer."""

    def __init__(self, target: RedisTarget) -> None:
        self.target = target
        self._seeds = deque(target.nodes)
        self._seen: tuple[Node, ...] = ()
        self._silent: set[Node] = set()

    @property
    def question(self) -> tuple[str, ...]:
        """The command that asks a server for the primary."""
        if self.target.kind is Kind.SENTINEL:
            return "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.target.service
        return "CLUSTER", "SLOTS"

    def nodes(self) -> list[Node]:
        """List the servers to ask, in this order.

        Each call puts another server first, since one that is cut off may name a dead server. Those that did not answer
        come last, since a machine that is down costs a timeout.
        """
        nodes = dict.fromkeys((*self._seeds, *self._seen))
        self._seeds.rotate(-1)
        return sorted(nodes, key=self._silent.__contains__)

    def primary_in(self, reply: Any, asked: Node, slot: int) -> Node:
        """The server that this answer names. `slot` is the namespace's slot, which only a Cluster needs.

        Raises:
            PrimaryUnknownError: The answer does not name one.
        """
        self._silent.discard(asked)
        if self.target.kind is Kind.SENTINEL:
            if not reply:
                raise PrimaryUnknownError("does not know this service")
            return Node(text_of_reply(reply[0]), int(reply[1]))
        self._seen = tuple(_node(row, asked) for shard in reply for row in shard[2:])
        for first, last, primary, *_ in reply:
            if first <= slot <= last:
                return _node(primary, asked)
        raise PrimaryUnknownError("says that no server has the namespace's slot")

    def failed(self, asked: Node, error: Exception) -> str:
        """Describe why a server did not name the primary, for `unknown`."""
        if isinstance(error, PrimaryUnknownError):
            return f"{asked} {error}"
        self._silent.add(asked)
        return f"{asked}: {redacted(error) or 'no answer in time'}"

    def unknown(self, answers: Sequence[str]) -> PrimaryUnknownError:
        """The error when all have been asked. Its answers are sorted, so that another order is not logged as new."""
        primary = f"the primary of {self.target.service!r}" if self.target.service else "the namespace's primary"
        return PrimaryUnknownError(f"no server names {primary}: {'; '.join(sorted(answers))}")


def _node(row: Sequence[Any], asked: Node) -> Node:
    """A server of a row. A row without a host is the asked server, which does not know its own address."""
    host = text_of_reply(row[0] or "")
    return Node(asked.host if host in {"", "?"} else host, int(row[1]))
