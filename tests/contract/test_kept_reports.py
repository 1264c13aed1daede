"""Last reports of workers that are gone, as Redis keeps them: they refuse nobody, and are read in pieces."""

import asyncio

import redis

from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_gateway.pipeline.kept_reading import take_kept
from agent_status_gateway.state.fleet import MAX_WORKERS
from agent_status_gateway.state.steps import at_once
from agent_status_publisher.contract.reading import KEPT, MAX_WORKERS_A_CALL, Known, Pieces, Reading
from agent_status_publisher.contract.wire import Keys, encode_record
from chaos.workers.reports import EPOCH_MS, record, report, session
from tests.contract.conftest import Backend
from tests.support.builders.ends import end
from tests.support.builders.fleets import fleet_with

KEYS = Keys("test")
LEFT = 12_000
FAR_MS = 9e15


def store_gone(client: redis.Redis, number: int) -> None:
    """Store what as many short workers have left behind, each of which had ended one session."""
    for start in range(0, number, 1000):
        with client.pipeline(transaction=False) as pipeline:
            for each in range(start, start + 1000):
                said = record(f"short-{each}", left=True, ended=(end(f"web:{each}"),))
                key = KEYS.worker(said.id)
                pipeline.hset(key, mapping={"seq": 2, "at": EPOCH_MS, "record": encode_record(said)})
                pipeline.expire(key, 60)
                pipeline.zadd(KEYS.kept, {said.id: FAR_MS})
            pipeline.expire(KEYS.kept, 60)
            pipeline.execute()


def read(backend: Backend, known: Known, *, of: str) -> Reading:
    async def read_once() -> Reading:
        async with backend.async_client() as given, RedisClient(given, KEYS).primary() as primary:
            return await primary.read(known, 60.0, of=of)

    return asyncio.run(read_once())


def test_twelve_thousand_workers_that_have_left_refuse_nobody(backend: Backend) -> None:
    with backend.client() as client:
        store_gone(client, LEFT)
    assert read(backend, {}, of="ALL").reports == (), "no worker is there"
    reading = read(backend, {}, of=KEPT)
    assert (len(reading.reports), reading.malformed) == (LEFT, ())
    fleet = fleet_with(at=0.0)
    assert at_once(take_kept(fleet, reading, 1.0)) == ()
    assert (len(fleet.workers), len(fleet.kept)) == (0, LEFT)
    assert read(backend, fleet.kept.known_reports(), of=KEPT).reports == (), "what is known is not sent again"
    for number in range(MAX_WORKERS):
        assert fleet.hear(report(1, record(f"w{number}", session(f"ci:{number}"))), 2.0)


def test_a_reading_of_many_is_in_pieces() -> None:
    pieces = Pieces(KEYS, {}, of=KEPT)
    assert pieces.next_call()[1][1:4] == [MAX_WORKERS_A_CALL, 1024 * 1024, KEPT]
    pieces.take([str(EPOCH_MS).encode(), [f"short-{number}".encode() for number in range(LEFT)]])
    calls = 0
    while not pieces.is_whole:
        arguments = pieces.next_call()[1]
        assert arguments[3] == "NAMED"
        assert len(arguments) == 4 + 2 * MAX_WORKERS_A_CALL
        pieces.take([str(EPOCH_MS).encode(), []])
        calls += 1
    assert calls == LEFT / MAX_WORKERS_A_CALL
