"""A worker process of its own that does what it is told, line by line."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from chaos.gateways.gateway_process import clean_environment
from chaos.terms import Terms

ANSWER_SECONDS: Final = 20.0
_PROGRAM: Final = """
import asyncio, json, os, sys, threading, time
from agent_status_publisher import StatusPublisher
publisher = StatusPublisher(**json.loads(sys.argv[1]))
for line in sys.stdin:
    code = json.loads(line)
    try:
        value = eval(code)
    except SyntaxError:
        exec(code, globals())
        value = None
    print(json.dumps(repr(value)), flush=True)
"""


class WorkerProcess:
    """`publisher` is ready to use there; it is a worker from the first call on. The end of the block is a goodbye."""

    def __init__(
        self,
        redis_url: str,
        terms: Terms,
        *,
        wrapper: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._log = tempfile.NamedTemporaryFile("w+b", prefix="worker-", suffix=".log", delete=False)  # noqa: SIM115
        self._log_from = 0
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-c", _PROGRAM, json.dumps(terms.of_publisher)],
            env=clean_environment({"redis_url": redis_url}) | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.continue_()
            try:
                self.process.communicate(timeout=ANSWER_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()
        Path(self._log.name).unlink(missing_ok=True)

    def do(self, code: str, timeout_seconds: float = ANSWER_SECONDS) -> Any:
        """Run it there; the value's `repr`."""
        self.begin(code)
        return self.answer(timeout_seconds)

    def begin(self, code: str) -> None:
        """Have it run there; `answer` waits for the end."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()

    def answer(self, timeout_seconds: float = ANSWER_SECONDS) -> Any:
        assert self.process.stdout
        waiting = select.poll()  # not `select`, which takes no descriptor above 1023
        waiting.register(self.process.stdout, select.POLLIN)
        assert waiting.poll(1000 * timeout_seconds), (
            f"the worker has not answered within {timeout_seconds:g} s; it says: {self.log()}"
        )
        line = self.process.stdout.readline()
        assert line, f"the worker has ended; it says: {self.log()}"
        return json.loads(line)

    def publish(self, key: str, state: str) -> None:
        self.do(f"publisher.publish({key!r}, {state!r}, tool_name='tool')")

    def flush(self) -> None:
        assert self.do("publisher.flush(10)") == "True", self.log()

    def log(self) -> str:
        return Path(self._log.name).read_text("utf-8", "replace")[self._log_from :]

    def forget_the_log(self) -> None:
        """Leave out of the log everything said so far."""
        self._log_from += len(self.log())

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def continue_(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Gone at once, without a goodbye."""
        self.process.kill()
        self.process.communicate()

    def say_goodbye(self) -> None:
        """The ordinary end of a program."""
        self.process.communicate(timeout=ANSWER_SECONDS)
        assert self.process.returncode == 0, self.log()

    @property
    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
