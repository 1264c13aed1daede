"""A notifier as a process of its own, as an operator runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chaos.clients.receiver import Receiver
from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.gateway_thread import GatewayThread
from chaos.wait import wait_until

WAITS = 'when = { state = "waiting_for_user" }\nto = ["hook"]\ngroup_seconds = 0'
"""A rule that tells `hook` at once of each session that waits."""


class NotifierProcess:
    """A running notifier. Its log is a file, so that it is never blocked by a reader of it."""

    def __init__(self, folder: Path, rules: str, url: str, *arguments: str, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "rules.toml"
        path.write_text(rules)
        self._log = folder / f"log-{len(list(folder.glob('log-*')))}"
        environment = clean_environment(settings) | {"XDG_STATE_HOME": str(folder)}
        command = [sys.executable, "-m", "agent_status_gateway", "notify", str(path), "--url", url, *arguments]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text()

    def ready(self) -> Self:
        """Wait until it has a current snapshot for each rule."""
        wait_until(lambda: "reading http" in self.log, "the notifier reads", timeout_seconds=30.0)
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit status."""
        self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def kill(self) -> None:
        """End it at once, as a machine that fails does."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> int:
        """Wait until it ends by itself, and return its exit status."""
        return self._process.wait(timeout=60)


def rules_for(url: str, folder: Path, *rules: str, head: str = "") -> str:
    """A file of rules whose targets `hook` and `other` are webhooks at this address."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = []
    for name in ("hook", "other"):
        (folder / f"{name}-url").write_text(f"{url}/{name}")
        (folder / f"{name}-secret").write_text("whsec_" + "c2VjcmV0" * 4)
        files = (f"{field}_file = {json.dumps(os.fspath(folder / f'{name}-{field}'))}\n" for field in ("url", "secret"))
        targets.append(f'[target.{name}]\nkind = "webhook"\n{"".join(files)}')
    written = [f"[[rule]]\n{rule}\n" for rule in rules]
    return "\n".join([head, *written, *targets])


def told(requests: list[Any], path: str = "/hook") -> list[tuple[str, str | None]]:
    """List what was told at a path: states and session keys, in the order of coming."""
    bodies = [json.loads(request.body)["data"] for request in requests if request.path == path]
    return [(fact["state"], fact["session_key"]) for body in bodies for fact in body["sessions"]]


def notifier(
    folder: Path, gateway: GatewayThread, receiver: Receiver, *rules: str, head: str = "", **settings: str
) -> NotifierProcess:
    return NotifierProcess(folder, rules_for(receiver.url, folder, *rules, head=head), gateway.url, **settings)
