"""A process that publishes and comes to its end, and what Redis has of it then."""

import subprocess
import sys
import textwrap
from typing import Final

from agent_status_publisher.contract.reading import READ_SCRIPT, decode_reading, read_arguments
from agent_status_publisher.contract.wire import Keys, WorkerRecord
from chaos.gateways.gateway_process import clean_environment
from chaos.servers.redis_server import RedisServer

HANGS_AFTER_SECONDS: Final = 20

_IMPORTS: Final = """
import asyncio, atexit, builtins, os, signal, sys, threading, time
from agent_status_publisher import StatusPublisher
from agent_status_publisher.integrations.runs import Runs
from agent_status_publisher.worker.process_lock import process_lock
from agent_status_publisher.testing import RecordingPublisher

class Last:
    def __init__(self, last):
        self.last = last

    def __del__(self):
        self.last()
        print("done", flush=True)
"""


def whole(script: str, before: str = "") -> str:
    """The script after its imports; `before` comes first, so its atexit callbacks are called after ours."""
    return textwrap.dedent(before) + _IMPORTS + textwrap.dedent(script)


def said_by(script: str, redis_url: str) -> str:
    """What a process says that runs this script to its end, on both outputs; it fails if it hangs."""
    environment = clean_environment({"redis_url": redis_url})
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        timeout=HANGS_AFTER_SECONDS,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout.strip()


def records(server: RedisServer) -> list[WorkerRecord]:
    """What all workers have said last."""
    keys, arguments = read_arguments(Keys("default"))
    with server.client() as client:
        reading = decode_reading(client.register_script(READ_SCRIPT)(keys=keys, args=arguments))
    return [raw.decode().record for raw in reading.reports]
