"""Answers of a running gateway, and what it says of itself at `/metrics`."""

import http.client
import re
import time
from typing import Final

GET_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
SHOWN_SECONDS: Final = 120.0


class NotShownError(Exception):
    """The gateway does not show what it should in time."""


def get(port: int, path: str) -> bytes:
    """The body of one answer.

    Raises:
        OSError: There is no answer.
    """
    return answer(port, path)[1]


def answer(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of one answer.

    Raises:
        OSError: There is no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GET_SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def metric(port: int, name: str) -> float:
    """A metric's value, the sum over its labels; 0 without it."""
    text = get(port, "/metrics").decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)", text, re.MULTILINE))


def wait_for_sessions(port: int, sessions: int) -> None:
    """Until the gateway knows so many.

    Raises:
        NotShownError: It does not in two minutes.
    """
    give_up_at = time.monotonic() + SHOWN_SECONDS
    while (shown := metric(port, "agent_status_sessions")) != sessions:
        if time.monotonic() > give_up_at:
            raise NotShownError(f"the gateway shows {shown:g} of {sessions} sessions")
        time.sleep(POLL_SECONDS)
