"""A Redis server behind a network that a test may have drop every packet: a namespace, which root may make."""

import os
import subprocess

from chaos import need
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer


class CutOffServer(RedisServer):
    """`tcp_url` leads through the network; the unix socket past it, for who only looks."""

    def __init__(self) -> None:
        for program in ("ip", "nft"):
            need.program(program)
        if os.geteuid() != 0:
            need.refused("network namespaces, which are root's to make")
        tag = f"st{free_port()}"
        self._namespace, outer, inner = f"{tag}-ns", f"{tag}o", f"{tag}i"
        self._inside = ("ip", "netns", "exec", self._namespace)
        number = free_port() % 250 + 1
        ours, theirs = f"10.213.{number}.1", f"10.213.{number}.2"
        try:
            _root("ip", "netns", "add", self._namespace)
        except subprocess.CalledProcessError as error:
            need.refused(f"network namespaces ({error.stderr.strip()})")
        try:
            _root("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", self._namespace)
            _root("ip", "addr", "add", f"{ours}/24", "dev", outer)
            _root("ip", "link", "set", outer, "up")
            _root(*self._inside, "ip", "addr", "add", f"{theirs}/24", "dev", inner)
            _root(*self._inside, "ip", "link", "set", inner, "up")
            _root(*self._inside, "nft", "add", "table", "inet", "cut")
            self.drop_packets()
            self.let_packets_through()
        except subprocess.CalledProcessError as error:
            _root("ip", "netns", "delete", self._namespace)
            need.refused(f"links and packet filters in a network namespace ({error.stderr.strip()})")
        try:
            self.tcp_url = f"redis://{theirs}:6379/0"
            super().__init__("--port", "6379", "--bind", theirs, "--protected-mode", "no", wrapper=self._inside)
        except BaseException:
            _root("ip", "netns", "delete", self._namespace)
            raise

    def drop_packets(self) -> None:
        """Nothing comes in any more, and nobody is notified."""
        _root(*self._inside, "nft", "add chain inet cut input { type filter hook input priority 0; policy drop; }")

    def let_packets_through(self) -> None:
        _root(*self._inside, "nft", "delete", "chain", "inet", "cut", "input")

    def close(self) -> None:
        super().close()
        _root("ip", "netns", "delete", self._namespace)


def _root(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
