"""What a URL says, and whom it leads to."""

import pytest
import redis

from agent_status_publisher.contract.redis_primary import PrimarySearch, PrimaryUnknownError
from agent_status_publisher.contract.redis_url import Kind, Node, RedisTarget, RedisUrlError, parse_redis_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://",
        "redis://h/15\n",
        "redis://:a b@h",
        "redis://[::1]:1",
        "rediss://u:p@h?ssl_ca_certs=/ca.pem",
        "unix:///run/r.sock",
        "unix://u:p@/run/r.sock?db=1",
    ],
)
def test_a_plain_url_is_left_to_redis_py_as_it_is(url: str) -> None:
    target = parse_redis_url(url)
    assert (target.kind, target.seed_urls) == (Kind.STANDALONE, (url,))
    assert target.is_tls == url.startswith("rediss")


def test_a_sentinel_url_names_sentinels_and_a_service() -> None:
    target = parse_redis_url("redis+sentinel://user:pass@one:1,two,[::1]:3/mymaster")
    assert target == RedisTarget(
        kind=Kind.SENTINEL,
        nodes=(Node("one", 1), Node("two", 26379), Node("::1", 3)),
        service="mymaster",
        username="user",
        password="pass",
    )
    assert target.server_url(Node("db", 6380)) == "redis://user:pass@db:6380/0"
    assert target.seed_urls == ("redis://one:1/0", "redis://two:26379/0", "redis://[::1]:3/0")


def test_sentinels_have_a_user_of_their_own_and_the_service_may_have_a_database() -> None:
    url = "rediss+sentinel://u:p@s/mymaster/2?sentinel_username=su&sentinel_password=s%26p&ssl_ca_certs=/ca.pem"
    target = parse_redis_url(url)
    assert target.server_url(Node("db", 1)) == "rediss://u:p@db:1/2?ssl_ca_certs=%2Fca.pem"
    assert target.seed_urls == ("rediss://su:s%26p@s:26379/0?ssl_ca_certs=%2Fca.pem",)


def test_a_cluster_url_names_some_of_its_servers() -> None:
    target = parse_redis_url("rediss+cluster://:pw@one:7000,two?ssl_cert_reqs=none")
    assert (target.kind, target.is_tls, target.nodes) == (Kind.CLUSTER, True, (Node("one", 7000), Node("two", 6379)))
    assert target.seed_urls[1] == "rediss://:pw@two:6379/0?ssl_cert_reqs=none"


@pytest.mark.parametrize("scheme", ["redis+sentinel", "redis+cluster"])
def test_user_and_password_reach_redis_py_whatever_they_contain(scheme: str) -> None:
    path = "/mymaster" if scheme == "redis+sentinel" else ""
    target = parse_redis_url(f"{scheme}://us%40er:p%2Fa%3As%25s,%23@h{path}?client_name=a%20b%26c")
    options = redis.Redis.from_url(target.server_url(Node("::1", 5))).connection_pool.connection_kwargs
    assert (options["username"], options["password"]) == ("us@er", "p/a:s%s,#")
    assert (options["host"], options["port"], options["client_name"]) == ("::1", 5, "a b&c")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://secret@h",
        "redis://u:secret@h:0",
        "redis://u:secret@h:99999",
        "redis://u:secret@a b",
        "redis://u:secret@[::1",
        "redis://u:secret@h/orders",
        "redis://u:secret@h/-1",
        "redis://u:secret@h/0/1",
        "unix://u:secret@",
        "redis+secret://h",
        "unix+cluster://secret@/path",
        "redis+sentinel://u:secret@h:26379",
        "redis+sentinel://u:secret@/mymaster",
        "redis+sentinel://u:secret@h:port/mymaster",
        "redis+sentinel://u:secret@h:0/mymaster",
        "redis+sentinel://u:secret@h:99999/mymaster",
        "redis+sentinel://u:secret@h,/mymaster",
        "redis+sentinel://u:secret@h/mymaster/x",
        "redis+sentinel://u:secret@h/mymaster?db=x",
        "redis+sentinel://u:secret@[::1/mymaster",
        "redis+cluster://u:secret@",
        "redis+cluster://u:secret@h/1",
        "redis+cluster://u:secret@h?db=1",
        "redis+cluster://u:secret@h?sentinel_username=x",
    ],
)
def test_a_wrong_url_is_one_clear_error_that_repeats_nothing_of_it(url: str) -> None:
    with pytest.raises(RedisUrlError, match=r"^cannot be parsed.*; expected redis://localhost") as caught:
        parse_redis_url(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_no_repr_shows_a_password() -> None:
    url = "redis+sentinel://secret:secret@h/mymaster?sentinel_password=secret&ssl_password=secret"
    assert "secret" not in repr(parse_redis_url(url))
    assert "secret" not in repr(parse_redis_url("redis://:secret@h"))


def test_each_search_begins_with_another_of_those_that_can_be_asked() -> None:
    search = PrimarySearch(parse_redis_url("redis+sentinel://a,b,c/mymaster"))
    assert [[node.host for node in search.nodes()] for _ in range(3)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
    ]


def test_who_did_not_answer_is_asked_last_until_it_does() -> None:
    search = PrimarySearch(parse_redis_url("redis+sentinel://a,b,c/mymaster"))
    first, second, third = search.nodes()
    assert search.failed(first, TimeoutError()) == "a:26379: no answer in time"
    assert (
        search.failed(second, PrimaryUnknownError("does not know this service")) == "b:26379 does not know this service"
    )
    assert [search.nodes()[-1] for _ in range(3)] == [first] * 3
    search.primary_in(["h", "1"], first, 0)
    assert [search.nodes()[0] for _ in range(3)] == [second, third, first]


@pytest.mark.parametrize("reply", [[b"10.0.0.1", b"6380"], ["10.0.0.1", "6380"]])
def test_sentinels_are_asked_for_the_address_of_the_services_primary(reply: list[object]) -> None:
    search = PrimarySearch(parse_redis_url("redis+sentinel://a/mymaster"))
    assert search.question == ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
    assert search.primary_in(reply, Node("a", 1), 0) == Node("10.0.0.1", 6380)
    with pytest.raises(PrimaryUnknownError, match="does not know this service"):
        search.primary_in(None, Node("a", 1), 0)


SLOTS = [
    [0, 99, [b"10.0.0.1", 7000, b"id"], [b"10.0.0.2", 7000, b"id", [b"hostname", b"x"]]],
    [100, 16383, [b"", 7001, b"id"]],
]


def test_a_cluster_says_who_serves_a_slot_and_its_other_servers_can_be_asked_next_time() -> None:
    search = PrimarySearch(parse_redis_url("redis+cluster://seed:7000"))
    seed = Node("seed", 7000)
    assert search.question == ("CLUSTER", "SLOTS")
    assert search.primary_in(SLOTS, seed, 99) == Node("10.0.0.1", 7000)
    assert search.primary_in(SLOTS, seed, 100) == Node("seed", 7001)
    assert search.nodes() == [seed, Node("10.0.0.1", 7000), Node("10.0.0.2", 7000), Node("seed", 7001)]
    with pytest.raises(PrimaryUnknownError, match="no server has"):
        search.primary_in(SLOTS[:1], seed, 100)


def test_when_nobody_names_a_primary_the_error_says_what_each_one_answered() -> None:
    search = PrimarySearch(parse_redis_url("redis+sentinel://a,b/mymaster"))
    said = str(search.unknown(["b:2: refused", "a:1 does not know this service"]))
    assert said == str(search.unknown(["a:1 does not know this service", "b:2: refused"])), (
        "in whatever order they were asked"
    )
    assert said == "no server names the primary of 'mymaster': a:1 does not know this service; b:2: refused"
