"""Failovers: another server takes over without the last writes, and the stage is watched all along."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Final

import redis

from agent_status_publisher.contract.reading import READ_SCRIPT, decode_reading, read_arguments
from agent_status_publisher.contract.wire import Keys
from chaos.gateways.gateway_thread import GatewayThread
from chaos.servers import replication
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_sentinel import RedisSentinel
from chaos.servers.redis_server import RedisServer
from chaos.stage import SLACK_SECONDS, Recovery, Stage
from chaos.terms import Terms
from chaos.wait import wait_until

PROMOTION_SECONDS: Final = 20.0

Servers = RedisSentinel | RedisCluster


class FailoverStage(Stage):
    """Workers and replicas have one URL, of sentinels or of a Cluster; `server` is the primary of the moment."""

    def __init__(self, terms: Terms, servers: Servers, *, as_processes: bool) -> None:
        self.servers = servers
        try:
            super().__init__(terms, server=servers.primary, redis_url=servers.url, as_processes=as_processes)
        except BaseException:
            servers.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, traceback)
        finally:
            self.servers.close()


def fail_over_without_the_last_writes(stage: Stage) -> Recovery:
    """The primary dies after a report that its replica never got; another worker changes while there is no primary.

    The snapshot keeps what it has seen. It is right for good once the new primary holds the lost report's state, too:
    a replica of ours that starts then knows no more than that.
    """
    assert isinstance(stage, FailoverStage)
    servers = stage.servers
    stage.settle()
    before = stage.expected["web:0"]
    wait_until(lambda: _held_by(servers.replica).get("web:0") == before, "the replica holds what the primary does")
    replication.cut(servers.primary)
    wait_until(lambda: not replication.is_in_step(servers.replica), "the replica gets nothing any more")
    stage.change()
    stage.workers[0].flush()
    stage.settle()
    assert _held_by(servers.replica)["web:0"] == before, "the replica misses the last write"
    since = time.monotonic()
    servers.primary.kill()
    stage.wait_for_probes(503, 5)
    stage.change(1)
    wait_until(lambda: replication.is_primary(servers.replica), "the replica has taken over", PROMOTION_SECONDS)
    promoted_at = time.monotonic()
    wait_until(
        lambda: _held_by(servers.replica) == stage.expected,
        "the new primary holds what the workers say",
        stage.terms.heartbeat_seconds + SLACK_SECONDS,
    )
    held_seconds = time.monotonic() - promoted_at
    recovery = stage.recovery(promoted_at, SLACK_SECONDS)
    with GatewayThread(stage.redis_url, **stage.terms.of_gateway) as newcomer:
        assert newcomer.ready().states() == stage.expected
    stage.wait_for_probes(200, SLACK_SECONDS)
    stage.check_nobody_missed(since)
    stage.check(since, lambda states: states["web:0"] == stage.expected["web:0"])
    servers.bring_back()
    stage.server = servers.primary
    return Recovery(
        snapshot_seconds=max(recovery.snapshot_seconds, held_seconds),
        stream_seconds=max(recovery.stream_seconds, held_seconds),
    )


def _held_by(server: RedisServer) -> dict[str, str]:
    """The state of every session that is stored there; none while its Cluster is down for a moment."""
    keys, arguments = read_arguments(Keys("default"))
    with server.client() as client:
        with suppress(redis.ResponseError):  # no Cluster: there, a replica answers to nobody else
            client.readonly()
        try:
            reading = decode_reading(client.eval(READ_SCRIPT, len(keys), *keys, *arguments))
        except redis.exceptions.ClusterDownError:  # a failover is not known to all of it yet
            return {}
    return {session.key: session.state.value for raw in reading.reports for session in raw.decode().record.sessions}
