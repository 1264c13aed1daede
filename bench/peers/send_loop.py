"""The floor: a plain loop of send(2), in C."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.compiled import NoCompilerError, compiled
from bench.peers.peer import Peer, Server, text
from bench.started import started
from chaos.ports import free_port

OVERHEAD_BYTES: Final = len("data: \n\n")


def _why_missing() -> str | None:
    try:
        compiled("send_loop")
    except NoCompilerError as error:
        return str(error)
    return None


@contextmanager
def _run(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [str(compiled("send_loop")), str(port)]
    with started(command, port=port, log=folder / "send_loop.log", commanded=True) as process:
        yield Server(
            port=port,
            path="/",
            marker="data: ",
            pids=(process.pid,),
            publish=lambda stamp_ns: _publish(process, stamp_ns),
        )


def _publish(process: "subprocess.Popen[str]", stamp_ns: int) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(text(stamp_ns, OVERHEAD_BYTES) + "\n")
    process.stdin.flush()
    process.stdout.readline()


PEER: Final = Peer(name="send_loop", why_missing=_why_missing, run=_run, note="the floor: no HTTP, no limits")
