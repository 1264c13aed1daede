"""Clients that poll, each in a thread of its own, since their answers are held."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType, TracebackType
from typing import Final, Self

import httpx

from chaos.gateways.gateway_client import STATUS
from chaos.gateways.gateway_thread import GatewayThread
from chaos.wait import wait_until

SECONDS: Final = 30


class LongPoll:
    """One poll: `answer` waits for what it gets."""

    def __init__(
        self,
        gateway: GatewayThread,
        tag: str | None,
        query: str = "",
        *,
        seconds: int = SECONDS,
        headers: Mapping[str, str] = MappingProxyType({}),
        path: str = STATUS,
    ) -> None:
        given = {**headers} if tag is None else {**headers, "If-None-Match": tag}
        url = f"{gateway.url}{path}?wait={seconds}&{query}"
        self._threads = ThreadPoolExecutor(1)
        self._answer: Future[httpx.Response] = self._threads.submit(httpx.get, url, headers=given, timeout=SECONDS)

    @property
    def is_answered(self) -> bool:
        return self._answer.done()

    def answer(self) -> httpx.Response:
        return self._answer.result(SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False)


def tag_of(gateway: GatewayThread, query: str = "", headers: Mapping[str, str] = MappingProxyType({})) -> str:
    """The tag of the snapshot of now."""
    tag: str = gateway.get(f"{STATUS}?{query}", headers={**headers}).headers["etag"]
    return tag


def release_all(gateway: GatewayThread) -> None:
    """Have all polls answered now."""

    async def release() -> None:
        for member in list(gateway.app.replica.hub._clients):
            member.close(b"")

    gateway.run(release())


def wait_for_held(gateway: GatewayThread, number: int = 1) -> None:
    """Wait until so many streams and polls are open."""
    wait_until(lambda: len(gateway.app.replica.hub) == number, f"{number} are open")
