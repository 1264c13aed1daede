"""Commands of the gateway as scripts run them: in a process of their own, or in this one."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner, Result

from agent_status_gateway.cli.commands import cli
from chaos.gateways.gateway_process import clean_environment
from chaos.wait import wait_until

COMMAND = (sys.executable, "-m", "agent_status_gateway")
TIME = re.compile(r"\d\d:\d\d:\d\d ")


class Command:
    """One command that runs; its output goes to files, so that it is there at once or not flushed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._out, self._err = folder / "out", folder / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen([*COMMAND, *arguments], stdout=out, stderr=err, env=clean_environment({}))

    @property
    def lines(self) -> list[str]:
        """Whole lines of stdout, without their time stamps."""
        return [TIME.sub("", line, count=1) for line in self._out.read_text("utf-8").split("\n")[:-1]]

    @property
    def errors(self) -> str:
        return self._err.read_text("utf-8")

    def wait_for(self, line: str) -> None:
        wait_until(lambda: any(line in each for each in self.lines), f"{line!r} among {self.lines} ({self.errors})", 15)

    def ended(self, timeout_seconds: float = 15) -> int:
        return self.process.wait(timeout_seconds)


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Command]:
    command = Command(folder, *arguments)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.wait(10)


def run(*arguments: str, **settings: object) -> Result:
    """A command that ends by itself, in this process. One that gives up a stream would leave it open here."""
    environment = {f"AGENT_STATUS_{name.upper()}": str(value) for name, value in settings.items()}
    return CliRunner().invoke(cli, list(arguments), env=environment)
