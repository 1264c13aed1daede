"""Every rule on every backend: fakeredis, and a real server."""

from collections.abc import Iterator
from dataclasses import dataclass

import fakeredis
import pytest
import redis
import redis.asyncio

from chaos.servers.redis_server import RedisServer
from tests.conftest import keys_without_ttl


@dataclass
class Backend:
    """One Redis, as clients see it."""

    fake: fakeredis.FakeServer | None
    real: RedisServer | None

    def client(self) -> redis.Redis:
        if self.real:
            return self.real.client()
        client: redis.Redis = fakeredis.FakeRedis(server=self.fake)
        return client

    def async_client(self, *, decode_responses: bool = False) -> redis.asyncio.Redis:
        if self.real:
            url = self.real.url
            client = redis.asyncio.Redis.from_url(url, socket_timeout=2, decode_responses=decode_responses)
        else:
            client = fakeredis.FakeAsyncRedis(server=self.fake, decode_responses=decode_responses)
        return client


@pytest.fixture(params=["fakeredis", "real"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    if request.param == "real":
        made = Backend(None, request.getfixturevalue("real_redis"))
    else:
        made = Backend(fakeredis.FakeServer(), None)
    yield made
    with made.client() as client:
        keys_without_ttl(client)
