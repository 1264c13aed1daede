"""Reading a gateway over HTTP, as the terminal commands do: one picture, or each as it comes."""

import time
from collections.abc import Iterator
from typing import Final

import httpx
from httpx_sse import SSEError, connect_sse
from pydantic import TypeAdapter, ValidationError

from gateway.snapshot import Snapshot

STATUS_PATH: Final = "/api/v1/agent/status"
TIMEOUT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 75.0
"""More than two keepalives: a stream that is silent for longer is dead."""
FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 10.0

_snapshot = TypeAdapter(Snapshot)


class ReaderError(Exception):
    """A gateway that cannot be read; the message says why, and what to do."""


def read_snapshot(url: str, key: str | None = None) -> Snapshot:
    """The picture of now.

    Raises:
        ReaderError: Nobody answers, or not with a picture.
    """
    try:
        response = httpx.get(url + STATUS_PATH, headers=_headers(key), timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        raise ReaderError(f"no gateway answers at {url}: {error}") from None
    except httpx.InvalidURL as error:
        raise ReaderError(f"--url: {url!r} is no URL: {error}") from None
    _check(response, url)
    return _parse(response.content, url)


def read_stream(url: str, key: str | None = None) -> Iterator[Snapshot | ReaderError]:
    """Each picture as it comes; what goes wrong in between, before it connects again."""
    retry_seconds = FIRST_RETRY_SECONDS
    timeout = httpx.Timeout(TIMEOUT_SECONDS, read=SILENCE_SECONDS)
    with httpx.Client(timeout=timeout, headers=_headers(key)) as client:
        while True:
            try:
                with connect_sse(client, "GET", f"{url}{STATUS_PATH}/stream") as source:
                    if source.response.status_code != httpx.codes.OK:
                        source.response.read()
                        _check(source.response, url)
                    for event in source.iter_sse():
                        if event.retry is not None:
                            retry_seconds = event.retry / 1000
                        if event.event == "status":
                            yield _parse(event.data.encode(), url)
                yield ReaderError("the stream ended")
            except (httpx.HTTPError, SSEError) as error:
                yield ReaderError(f"no gateway answers at {url}: {error}")
                retry_seconds = min(2 * retry_seconds, LAST_RETRY_SECONDS)
            except ReaderError as error:
                yield error
            time.sleep(retry_seconds)


def _headers(key: str | None) -> dict[bytes, bytes]:
    key = (key or "").strip()
    if "\n" in key or "\r" in key:
        raise ReaderError("the key has a line break in it: one key is wanted, on one line")
    return {b"X-Status-Key": key.encode()} if key else {}


def _check(response: httpx.Response, url: str) -> None:
    if response.status_code == httpx.codes.FORBIDDEN:
        raise ReaderError(f"{url} wants a key: set POCKETPAW_STATUS_API_KEY or give --key-file")
    if response.status_code != httpx.codes.OK:
        raise ReaderError(f"{url} answered {response.status_code}: {response.text[:200]}")


def _parse(body: bytes, url: str) -> Snapshot:
    try:
        return _snapshot.validate_json(body)
    except ValidationError:
        raise ReaderError(f"{url} did not answer with a status snapshot: is it a gateway?") from None
