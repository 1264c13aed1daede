"""A primary and its replica, and how the way between them is cut so that the last writes are lost."""

import redis

from chaos.servers.redis_server import RedisServer

ARGUMENTS = (
    *("--user", "replication", "on", ">replication", "+psync", "+replconf", "+ping"),
    *("--masteruser", "replication", "--masterauth", "replication", "--repl-diskless-sync-delay", "0"),
)
"""Replicas are a user of their own, so that they can be sent away."""


def cut(primary: RedisServer) -> None:
    """Keep further writes from every replica: their user is gone, and their connections with it."""
    with primary.client() as client:
        client.acl_deluser("replication")


def is_in_step(replica: RedisServer) -> bool:
    return _replication(replica).get("master_link_status") == "up"


def is_primary(server: RedisServer) -> bool:
    return _replication(server).get("role") == "master"


def _replication(server: RedisServer) -> dict[str, object]:
    with server.client() as client:
        try:
            said: dict[str, object] = client.info("replication")
        except redis.ConnectionError:
            return {}
    return said
