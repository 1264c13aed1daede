"""This project's gateway, which gets events through its own publisher and a Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent_status_publisher import Session, StatusPublisher
from bench.gateway_run import MARKER, STREAM_PATH, running_gateway
from bench.peers.peer import Peer, Server

TITLE: Final = "Fix auth bug in login"
"""So long that a snapshot with this session alone is about EVENT_BYTES."""


@contextmanager
def _run(_folder: Path) -> Iterator[Server]:
    with running_gateway() as gateway, gateway.publisher() as publisher:
        session = publisher.session("bench:1", title=TITLE)
        publisher.flush()
        yield Server(
            port=gateway.port,
            path=STREAM_PATH,
            marker=MARKER,
            pids=(gateway.pid,),
            publish=lambda stamp_ns: _publish(publisher, session, stamp_ns),
            beside=(gateway.redis_pid,),
        )


def _publish(publisher: StatusPublisher, session: Session, stamp_ns: int) -> None:
    session.tool_running(f"t@{stamp_ns}@")
    publisher.flush()


PEER: Final = Peer(
    name="ours", why_missing=lambda: None, run=_run, note="whole snapshots, one state per client; debounce 0"
)
