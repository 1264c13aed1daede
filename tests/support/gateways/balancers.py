"""The shipped configurations of load balancers, run by the real programs in front of replicas on this machine."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.balancers import BALANCERS, Change
from chaos import need
from chaos.gateways.gateway_client import GatewayClient
from chaos.ports import free_port
from chaos.wait import wait_until

STOP_SECONDS: Final = 10.0


class Balancer(GatewayClient):
    """A load balancer that listens on a free port for as long as the block runs, in front of two replicas."""

    def __init__(self, name: str, one: int, other: int, *changes: Change) -> None:
        super().__init__(free_port())
        self._kind = BALANCERS[name]
        self._program = need.program(*self._kind.programs)
        self._folder = Path(tempfile.mkdtemp(prefix=f"balancer-{name}-"))
        self.file = self._folder / self._kind.file.name
        self.file.write_text(self._kind.configured(self.port, (one, other), *changes), "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(self._kind.run), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_until(self._answers, f"{self.file.name} answers")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> str:
        """All that it has said."""
        return (self._folder / "log").read_text("utf-8", "replace")

    def complaints(self) -> str:
        """What the program has to say of the file, warnings included; fails if it does not take it. For one not run."""
        command = self._command(self._kind.check)
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def _command(self, arguments: Callable[[Path, Path], Sequence[str | Path]]) -> list[str | Path]:
        return [self._program, *arguments(self._folder, self.file)]

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"it ended by itself: {self.log()}"
        return self.probe("/livez") is not None
