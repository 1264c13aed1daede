"""Crowds that come and go: nothing of them stays."""

import asyncio

import pytest

from chaos.gateways.gateway_process import STREAM, GatewayProcess

AT_ONCE = 200
REQUEST = f"GET {STREAM} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def come_and_go(port: int, number: int) -> None:
    """In turn: leaves at once, leaves half way through a request, with the request sent, with the first event read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        match number % 4:
            case 1:
                writer.write(REQUEST[: len(REQUEST) // 2])
            case 2:
                writer.write(REQUEST)
            case 3:
                writer.write(REQUEST)
                await reader.readuntil(b"\n\n")
    finally:
        writer.transport.abort()


def crowd(port: int, size: int) -> None:
    async def all_of_them() -> None:
        numbers = iter(range(size))

        async def one_after_the_other() -> None:
            for number in numbers:
                await come_and_go(port, number)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))

    asyncio.run(all_of_them())


@pytest.fixture(scope="module", autouse=True)
def warm(target: GatewayProcess) -> None:
    """A first crowd makes room for the next ones."""
    crowd(target.port, 1000)


@pytest.fixture
def room_kb() -> int:
    """Garbage in cycles is collected seldom: memory grows by 28 MB in 50,000 connects, and then no more (measured).

    A client that stayed would be 9 KB: ten thousand of them do not fit in here.
    """
    return 30 * 1024


@pytest.mark.parametrize("size", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_thousands_of_connects_and_leaves_leave_nothing_behind(attacked: GatewayProcess, size: int) -> None:
    crowd(attacked.port, size)
    assert attacked.get("/livez").is_success
