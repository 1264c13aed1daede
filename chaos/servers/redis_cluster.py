"""A Cluster of three primaries, and a replica for the one that has a namespace's slot: four real processes."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import redis
from redis.crc import key_slot

from agent_status_publisher.contract.wire import Keys
from chaos import need
from chaos.ports import free_port
from chaos.servers import replication
from chaos.servers.certificate import Certificate
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until

SLOTS = 16384


class RedisCluster:
    """`primary` has the namespace `default`; `url` names all primaries but that one."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self._certificate = certificate
        _check_the_version()
        with ExitStack() as stack:
            self.servers = [self._server(stack) for _ in range(4)]
            self._ports = [self._port_of(server) for server in self.servers]
            share = key_slot(Keys("default").events.encode()) * 3 // SLOTS
            self.primary, self.replica = self.servers[share], self.servers[3]
            self._join()
            self._stack = stack.pop_all()

    @property
    def url(self) -> str:
        return self.url_as()

    def url_as(self, user: str = "") -> str:
        scheme = "redis+cluster" if self._certificate is None else "rediss+cluster"
        query = "" if self._certificate is None else f"?ssl_ca_certs={self._certificate.ca}"
        others = [port for port, server in zip(self._ports[:3], self.servers, strict=False) if server != self.primary]
        return f"{scheme}://{user}{','.join(f'127.0.0.1:{port}' for port in others)}{query}"

    @property
    def seed_url(self) -> str:
        """One of its servers, for a client of redis-py's own."""
        return f"redis://127.0.0.1:{self._ports[0]}"

    def hand_over(self) -> None:
        """The replica takes over in good order, and the primary becomes its replica."""
        _run(self.replica, "FAILOVER")

    def bring_back(self) -> None:
        """The primary that was killed comes back as the replica of who took over: the two have changed places."""
        self.primary.start()
        self.primary, self.replica = self.replica, self.primary
        wait_until(lambda: replication.is_in_step(self.replica), "the old primary is a replica in step", 40)
        wait_until(lambda: all(map(_is_whole, self.servers)), "the Cluster is whole", 20)

    def move_the_slot(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """The namespace's slot goes to another primary, keys and all, as an operator moves it; that one is `primary`.

        Halfway, when the index has been moved and the reports have not, `meanwhile` is called.
        """
        slot = key_slot(Keys("default").events.encode())
        old, new = self.primary, next(server for server in self.servers[:3] if server != self.primary)
        _run(new, "SETSLOT", slot, "IMPORTING", _run(old, "MYID"))
        _run(old, "SETSLOT", slot, "MIGRATING", _run(new, "MYID"))
        self._move_keys(old, new, Keys("default").workers)
        meanwhile()
        while keys := _run(old, "GETKEYSINSLOT", slot, 100):
            self._move_keys(old, new, *keys)
        for server in (new, old, *self.servers[:3]):
            _run(server, "SETSLOT", slot, "NODE", _run(new, "MYID"))
        self.primary = new

    def _move_keys(self, old: RedisServer, new: RedisServer, *keys: bytes | str) -> None:
        port = self._ports[self.servers.index(new)]
        with old.client() as client:
            client.execute_command("MIGRATE", "127.0.0.1", port, "", 0, 1000, "KEYS", *keys)

    def close(self) -> None:
        self._stack.close()

    def _server(self, stack: ExitStack) -> RedisServer:
        port = free_port()
        listen = ("--port", str(port)) if self._certificate is None else self._certificate.server_arguments(port)
        if self._certificate is not None:
            listen = (*listen, "--tls-cluster", "yes")
        server = RedisServer(
            *listen,
            *("--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--cluster-node-timeout", "1000"),
            *replication.ARGUMENTS,
        )
        stack.callback(server.close)
        return server

    def _port_of(self, server: RedisServer) -> int:
        name = "port" if self._certificate is None else "tls-port"
        with server.client() as client:
            return int(client.config_get(name)[name])

    def _join(self) -> None:
        for number, server in enumerate(self.servers):  # before they know each other
            _run(server, "SET-CONFIG-EPOCH", number + 1)
        for number, server in enumerate(self.servers):
            if number < 3:
                _run(server, "ADDSLOTSRANGE", -(-SLOTS * number // 3), -(-SLOTS * (number + 1) // 3) - 1)
            for port, other in zip(self._ports, self.servers, strict=True):
                if other != server:
                    with other.client() as client:
                        bus_port = client.config_get("cluster-port")["cluster-port"]
                    _run(server, "MEET", "127.0.0.1", port, bus_port)
        wait_until(lambda: all(map(_is_whole, self.servers)), "the Cluster is whole", 20)
        _run(self.replica, "REPLICATE", _run(self.primary, "MYID"))
        wait_until(lambda: replication.is_in_step(self.replica), "the replica is in step", 20)
        wait_until(lambda: all(b"slave" in _run(server, "NODES") for server in self.servers), "all know that", 20)


def _check_the_version() -> None:
    server = RedisServer()
    version = server.version
    server.close()
    if version < (7,):
        need.missing("a Redis ≥ 7, which a Cluster needs,")


def _is_whole(server: RedisServer) -> bool:
    info = _run(server, "INFO")
    return b"cluster_state:ok" in info and b"cluster_known_nodes:4" in info and b"cluster_size:3" in info


def _run(server: RedisServer, *command: object) -> Any:
    with server.client() as client:
        try:
            return client.execute_command("CLUSTER", *command)
        except redis.ConnectionError:
            return b""
