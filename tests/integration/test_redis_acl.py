"""The documented rules for Redis users: enough for each side, on each kind of Redis, and no more than that."""

import re
from collections.abc import Iterator

import pytest
import redis

from agent_status_publisher import StatusPublisher
from agent_status_publisher.contract.wire import Keys
from chaos.servers.redis_cluster import RedisCluster
from chaos.servers.redis_sentinel import RedisSentinel
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.clients.changes import check_that_changes_come_at_once
from tests.support.documents import doc_page

PAGE = doc_page("how-to/redis.md")
RULES = {rule.split()[2]: rule.split() for rule in re.findall(r"^ACL SETUSER .*$", PAGE, re.MULTILINE)}
WORKER = "agent-worker:WORKER_PASSWORD@"
GATEWAY = "agent-gateway:GATEWAY_PASSWORD@"
KEYS = Keys("default")
OTHERS = Keys("other")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    made = RedisServer()
    _make_users(made)
    yield made
    made.close()


def _make_users(server: RedisServer) -> None:
    with server.client() as client:
        for user in ("agent-worker", "agent-gateway"):
            client.execute_command(*RULES[user])


def _refused(*servers: RedisServer) -> set[tuple[str, str]]:
    """What users asked for in vain. That redis-py may not name itself, which newer servers know, it does not mind."""
    refused: set[tuple[str, str]] = set()
    for server in servers:
        with server.client() as client:
            refused |= {(entry["username"], entry["object"]) for entry in client.acl_log()}
    return {(user, what) for user, what in refused if not what.startswith("client|")}


def _url_as(server: RedisServer, user: str) -> str:
    return server.url.replace("unix://", f"unix://{user}")


def _client_as(server: RedisServer, user: str) -> redis.Redis:
    return redis.Redis.from_url(_url_as(server, user))


def test_the_rules_are_enough_on_a_single_server(server: RedisServer) -> None:
    check_that_changes_come_at_once(worker_url=_url_as(server, WORKER), gateway_url=_url_as(server, GATEWAY))
    assert not _refused(server)


def test_the_rules_are_enough_behind_sentinels_which_have_a_user_of_their_own() -> None:
    servers = RedisSentinel()
    try:
        _make_users(servers.primary)
        servers.ask(*RULES["agent-status"])
        asker = "sentinel_username=agent-status&sentinel_password=SENTINEL_PASSWORD"
        check_that_changes_come_at_once(
            worker_url=servers.url_as(WORKER, asker), gateway_url=servers.url_as(GATEWAY, asker)
        )
        assert not _refused(servers.primary)
    finally:
        servers.close()


def test_the_rules_are_enough_in_a_cluster(shared_cluster: RedisCluster) -> None:
    for server in shared_cluster.servers:
        _make_users(server)
    check_that_changes_come_at_once(
        worker_url=shared_cluster.url_as(WORKER), gateway_url=shared_cluster.url_as(GATEWAY)
    )
    assert not _refused(*shared_cluster.servers)


@pytest.mark.parametrize(
    "command",
    [
        ("SET", KEYS.workers, "x"),
        ("SET", KEYS.worker("w1"), "x"),
        ("GET", KEYS.probe),
        ("DEL", KEYS.worker("w1")),
        ("PUBLISH", KEYS.events, "x"),
        ("SUBSCRIBE", OTHERS.events),
        ("SSUBSCRIBE", OTHERS.events),
        ("PSUBSCRIBE", "*"),
        ("ZRANGE", OTHERS.workers, "0", "-1"),
        ("HMGET", OTHERS.worker("w1"), "seq"),
        ("SET", OTHERS.probe, "1"),
        ("KEYS", "*"),
        ("CONFIG", "GET", "*"),
        ("FLUSHALL",),
    ],
    ids=" ".join,
)
def test_a_gateway_may_write_nothing_but_its_probe_and_read_no_other_namespace(
    server: RedisServer, command: tuple[str, ...]
) -> None:
    with _client_as(server, GATEWAY) as client:
        assert client.set(KEYS.probe, "1", px=1000)
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command(*command)


@pytest.mark.parametrize(
    "command",
    [
        ("SUBSCRIBE", KEYS.events),
        ("HGETALL", KEYS.worker("w1")),
        ("HSET", OTHERS.worker("w1"), "seq", "1"),
        ("ZADD", OTHERS.workers, "1", "w1"),
        ("PUBLISH", OTHERS.events, "x"),
        ("KEYS", "*"),
        ("CONFIG", "GET", "*"),
        ("FLUSHALL",),
    ],
    ids=" ".join,
)
def test_a_worker_may_write_to_its_own_namespace_only_and_listen_to_nobody(
    server: RedisServer, command: tuple[str, ...]
) -> None:
    with _client_as(server, WORKER) as client:
        assert client.type(KEYS.workers) == b"none"
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.execute_command(*command)


@pytest.mark.parametrize("script", [("ZADD", "KEYS[1], 1, 'w1'"), ("SET", "'x', 'y'"), ("PUBLISH", "KEYS[1], 'x'")])
def test_a_script_may_do_no_more_than_the_gateway_that_runs_it(server: RedisServer, script: tuple[str, str]) -> None:
    command, arguments = script
    with _client_as(server, GATEWAY) as client:
        run = client.register_script(f"return redis.call('{command}', {arguments})")
        with pytest.raises(redis.ResponseError, match=r"user executing the script can't|ACL failure in script"):
            run(keys=[KEYS.workers])


@pytest.mark.parametrize(
    "lacks",
    [("~agent-status:{default}:runs",), ("+hlen", "+hmget"), ("~agent-status:{default}:runs", "+hlen", "+hmget")],
)
def test_a_publisher_with_the_rule_of_before_says_what_its_user_lacks(
    server: RedisServer, lacks: tuple[str, ...]
) -> None:
    with server.client() as client:
        client.execute_command(*(part for part in RULES["agent-worker"] if part not in lacks))
    errors: list[str] = []
    with StatusPublisher(_url_as(server, WORKER), on_error=lambda error: errors.append(str(error))):
        (error,) = wait_until(lambda: errors, "the publisher reports that Redis refuses its reports")
    assert "needs the key 'agent-status:{default}:runs' and the commands HLEN and HMGET, too" in error
