"""The shipped configurations of load balancers, made to run on this machine.

Of a shipped file nothing but addresses is changed, and a change that finds nothing to change is an error.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEPLOY: Final = Path(__file__).parents[1] / "deploy"
Change = tuple[str, str]
"""What stands there, and what instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerKind:
    """A program, the file that is shipped for it, and what has to be changed in it.

    Attributes:
        programs: Where the program may be, names on PATH or paths.
        file: The shipped one.
        run: Arguments that run it in the foreground, of a folder of its own and a file.
        check: Arguments that have it look at a file.
        changes: `{listen}` is an address of this machine, `{port}` its port, `{one}` and `{other}` are the replicas'.
    """

    programs: tuple[str, ...]
    file: Path
    run: Callable[[Path, Path], Sequence[str | Path]]
    check: Callable[[Path, Path], Sequence[str | Path]]
    changes: tuple[Change, ...]

    def program(self) -> str | None:
        """Where it is; None if it is missing."""
        return next((found for name in self.programs if (found := shutil.which(name))), None)

    def configured(self, port: int, replica_ports: tuple[int, int], *more: Change) -> str:
        """The shipped file for these ports of 127.0.0.1.

        Raises:
            ValueError: It has nothing of what is to be changed.
        """
        one, other = (f"127.0.0.1:{replica}" for replica in replica_ports)
        addresses = {"listen": f"127.0.0.1:{port}", "port": str(port), "one": one, "other": other}
        text = self.file.read_text("utf-8")
        for old, new in (*self.changes, *more):
            if old not in text:
                raise ValueError(f"{self.file} has no {old!r}")
            text = text.replace(old, new.format(**addresses))
        return text


def _caddy(command: str, file: Path) -> list[str | Path]:
    return [command, "--config", file, "--adapter", "caddyfile"]


BALANCERS: Final = {
    "nginx": BalancerKind(
        programs=("nginx", "/usr/sbin/nginx"),
        file=DEPLOY / "nginx" / "nginx.conf",
        run=lambda folder, file: ["-p", folder, "-c", file, "-g", f"daemon off; pid {folder}/nginx.pid;"],
        check=lambda folder, file: ["-p", folder, "-c", file, "-t", "-g", f"pid {folder}/nginx.pid;"],
        changes=(
            ("listen 80 default_server;", "listen {listen} default_server;"),
            ("server gateway-1:8000 ", "server {one} "),
            ("server gateway-2:8000 ", "server {other} "),
        ),
    ),
    "haproxy": BalancerKind(
        programs=("haproxy", "/usr/sbin/haproxy"),
        file=DEPLOY / "haproxy" / "haproxy.cfg",
        run=lambda _folder, file: ["-db", "-f", file],
        check=lambda _folder, file: ["-c", "-f", file],
        changes=(
            ("bind :80\n", "bind {listen}\n"),
            ("server gateway-1 gateway-1:8000\n", "server gateway-1 {one}\n"),
            ("server gateway-2 gateway-2:8000\n", "server gateway-2 {other}\n"),
        ),
    ),
    "caddy": BalancerKind(
        programs=("caddy",),
        file=DEPLOY / "caddy" / "Caddyfile",
        run=lambda _folder, file: _caddy("run", file),
        check=lambda _folder, file: _caddy("validate", file),
        changes=(
            ("\n:80 {", "\n:{port} {{\n\tbind 127.0.0.1"),
            # There is no DNS here that has a name for both.
            ("dynamic a {\n\t\tname gateway\n\t\tport 8000\n\t\trefresh 1s\n\t}", "to {one} {other}"),
        ),
    ),
}
