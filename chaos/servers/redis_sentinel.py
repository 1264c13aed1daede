"""A primary, a replica and a Sentinel that puts the one in the other's place: three real processes."""

import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import redis

from chaos.ports import free_port
from chaos.servers import replication
from chaos.servers.certificate import Certificate
from chaos.servers.redis_server import RedisServer, server_binary
from chaos.wait import wait_until

SERVICE = "mymaster"


class RedisSentinel:
    """`url` names a sentinel that is not there, too, and first."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self._certificate = certificate
        with ExitStack() as stack:
            self._ports = free_port(), free_port()
            self.primary = self._server(stack, self._ports[0])
            self.replica = self._server(stack, self._ports[1], "--replicaof", "127.0.0.1", str(self._ports[0]))
            wait_until(lambda: replication.is_in_step(self.replica), "the replica is in step")
            self.port = free_port()
            self._start_sentinel(stack)
            self._stack = stack.pop_all()

    @property
    def url(self) -> str:
        return self.url_as()

    def url_as(self, user: str = "", options: str = "") -> str:
        """With `user:password@` for the servers, and more options for the query."""
        scheme, query = "redis+sentinel", options
        if self._certificate is not None:
            scheme, query = "rediss+sentinel", f"ssl_ca_certs={self._certificate.ca}&{options}"
        return f"{scheme}://{user}127.0.0.1:{free_port()},127.0.0.1:{self.port}/{SERVICE}?{query}"

    def hand_over(self) -> None:
        """The replica takes over though the primary is well, and the primary becomes its replica."""
        self.ask("SENTINEL", "FAILOVER", SERVICE)

    def bring_back(self) -> None:
        """The primary that was killed comes back as the replica of who took over: the two have changed places."""
        self.primary.start()
        self.primary, self.replica = self.replica, self.primary
        wait_until(lambda: replication.is_in_step(self.replica), "the old primary is a replica in step", 40)
        wait_until(self._knows_its_replica, "the sentinel knows that", 20)

    def ask(self, *command: str) -> Any:
        """Have the sentinel run it; an empty answer if it does not listen yet."""
        with redis.Redis(unix_socket_path=str(self._socket), socket_timeout=2) as client:
            try:
                return client.execute_command(*command)
            except redis.ConnectionError:
                return b""

    def close(self) -> None:
        self._stack.close()

    def _server(self, stack: ExitStack, port: int, *arguments: str) -> RedisServer:
        server = RedisServer(*self._listen(port), *replication.ARGUMENTS, *arguments)
        stack.callback(server.close)
        return server

    def _listen(self, port: int) -> tuple[str, ...]:
        return ("--port", str(port)) if self._certificate is None else self._certificate.server_arguments(port)

    def _start_sentinel(self, stack: ExitStack) -> None:
        folder = Path(tempfile.mkdtemp(prefix="status-sentinel-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        listen = self._listen(self.port)
        configuration = folder / "sentinel.conf"
        self._socket = folder / "sentinel.sock"
        configuration.write_text(
            f"sentinel monitor {SERVICE} 127.0.0.1 {self._ports[0]} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} 500\n"
            f"sentinel failover-timeout {SERVICE} 3000\n"
            f"unixsocket {self._socket}\ndir {folder}\n"
        )
        process = subprocess.Popen(
            [server_binary(), str(configuration), "--sentinel", *listen],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        wait_until(self._knows_its_replica, "the sentinel knows the replica", 20)

    def _knows_its_replica(self) -> bool:
        return "'ok'" in str(self.ask("SENTINEL", "REPLICAS", SERVICE))
