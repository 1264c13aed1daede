"""The one URL of Redis that a publisher and a gateway are given, and the plain URLs of the servers it stands for.

Before it come both sides' settings; after it redis_primary.py, which finds the server to talk to. Pure: nothing here
connects. Errors do not repeat any part of the URL, which can hold passwords.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

EXPECTED: Final = (
    "expected redis://localhost:6379/0, rediss://…, unix:///path, redis+sentinel://host:26379,…/service or "
    "redis+cluster://host:6379,… (rediss+… for TLS)"
)


class Kind(StrEnum):
    """The kind of Redis, which decides how the server for the reports is found."""

    STANDALONE = "standalone"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


DEFAULT_PORTS: Final = {Kind.SENTINEL: 26379, Kind.CLUSTER: 6379}


class RedisUrlError(ValueError):
    """The URL is wrong. The message says what is expected, and repeats nothing of the URL."""

    def __init__(self, why: str = "") -> None:
        super().__init__(f"cannot be parsed{why and ', '}{why}; {EXPECTED}")


@dataclass(frozen=True, slots=True)
class Node:
    """One server's address."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisTarget:
    """The parts of a URL.

    `nodes` are the servers to ask: sentinels, or some of the Cluster. It is empty if the URL names the server.
    """

    kind: Kind
    is_tls: bool = False
    nodes: tuple[Node, ...] = ()
    service: str = ""
    db: int = 0
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    sentinel_username: str = field(default="", repr=False)
    sentinel_password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The other options of the query, for redis-py: `ssl_ca_certs`, `ssl_cert_reqs`, `protocol` …"""
    standalone_url: str = field(default="", repr=False)

    @property
    def seed_urls(self) -> tuple[str, ...]:
        """Plain URLs of the servers that this URL names."""
        return tuple(map(self.asking_url, self.nodes)) or (self.standalone_url,)

    @property
    def any_server_url(self) -> str:
        """A plain URL of a server that holds reports, wherever it is. It has the user and the password."""
        return self.standalone_url or self.server_url(self.nodes[0])

    def asking_url(self, node: Node) -> str:
        """A plain URL of one of `nodes`."""
        if self.kind is Kind.SENTINEL:
            return self._url(node, self.sentinel_username, self.sentinel_password, db=0)
        return self.server_url(node)

    def server_url(self, node: Node) -> str:
        """A plain URL of a server that holds reports."""
        return self._url(node, self.username, self.password, self.db)

    def _url(self, node: Node, username: str, password: str, db: int) -> str:
        scheme = "rediss" if self.is_tls else "redis"
        user = f"{quote(username, safe='')}:{quote(password, safe='')}@" if username or password else ""
        query = f"?{urlencode(self.options)}" if self.options else ""
        return f"{scheme}://{user}{node}/{db}{query}"


def parse_redis_url(url: str) -> RedisTarget:
    """Parse a URL. redis-py parses a plain `redis://`, `rediss://` or `unix://` one itself.

    Raises:
        RedisUrlError: The URL has another scheme, or lacks a part that its kind needs.
    """
    scheme, separator, rest = url.partition("://")
    transport, plus, kind_name = scheme.partition("+")
    if separator and scheme in {"redis", "rediss", "unix"}:
        _check_server(url)
        return RedisTarget(kind=Kind.STANDALONE, is_tls=scheme == "rediss", standalone_url=url)
    if not separator or not plus or transport not in {"redis", "rediss"} or kind_name not in DEFAULT_PORTS:
        raise RedisUrlError
    kind = Kind(kind_name)
    rest, _, query = rest.partition("?")
    location, _, path = rest.partition("/")
    user, _, places = location.rpartition("@")
    username, _, password = user.partition(":")
    options = dict(parse_qsl(query, keep_blank_values=True))
    sentinel_username, sentinel_password = options.pop("sentinel_username", ""), options.pop("sentinel_password", "")
    service, db = _service_and_db(kind, path, options.pop("db", ""))
    if kind is Kind.CLUSTER and (sentinel_username or sentinel_password):
        raise RedisUrlError("a Cluster has no sentinels")
    return RedisTarget(
        kind=kind,
        is_tls=transport == "rediss",
        nodes=tuple(dict.fromkeys(_node(place, DEFAULT_PORTS[kind]) for place in places.split(","))),
        service=service,
        db=db,
        username=unquote(username),
        password=unquote(password),
        sentinel_username=sentinel_username,
        sentinel_password=sentinel_password,
        options=tuple(options.items()),
    )


def _check_server(url: str) -> None:
    """Check what redis-py takes as it is: it would ask host `a b`, port 0, or database 0 for a name."""
    try:
        parts = urlsplit(url)
        host, port = unquote(parts.hostname or ""), parts.port
    except ValueError:
        raise RedisUrlError("a host or port is wrong") from None
    if parts.scheme == "unix":
        if not parts.path:
            raise RedisUrlError("the path of the socket is missing")
        return
    if port == 0 or any(character.isspace() for character in host):
        raise RedisUrlError("a host or port is wrong")
    if not re.fullmatch(r"/?[0-9]*/?\s*", parts.path):
        raise RedisUrlError("the database is not a number")


def _service_and_db(kind: Kind, path: str, db_option: str) -> tuple[str, int]:
    """The service and the database. A Sentinel path is `service` or `service/db`; a Cluster has database 0 only."""
    service, _, db_path = path.partition("/") if kind is Kind.SENTINEL else ("", "", path)
    if kind is Kind.SENTINEL and not service:
        raise RedisUrlError("the name of the sentinels' service is missing")
    db = db_option or db_path.strip("/") or "0"
    if not (db.isascii() and db.isdigit()) or (kind is Kind.CLUSTER and int(db) != 0):
        raise RedisUrlError("a Cluster has database 0 only" if kind is Kind.CLUSTER else "the database is not a number")
    return unquote(service), int(db)


def _node(place: str, default_port: int) -> Node:
    try:
        parts = urlsplit(f"//{place.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise RedisUrlError("a host or port is wrong") from None
    if not host or parts.path or port == 0:
        raise RedisUrlError("a host or port is wrong")
    return Node(unquote(host), default_port if port is None else port)
