"""A ledger in Redis: one script, so that several notifiers tell each thing once."""

import asyncio
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from redis.exceptions import RedisError

from agent_status_gateway.cli.notify.ledger.ledger import (
    KEEP_SECONDS,
    SAME_SECONDS,
    Claim,
    Entry,
    LedgerError,
    new_owner,
)
from agent_status_gateway.feed.redis_client import RedisClient
from agent_status_publisher.contract.redaction import redacted
from agent_status_publisher.contract.text import text_of_reply
from agent_status_publisher.contract.wire import Keys

SCRIPT: Final = (Path(__file__).parent / "ledger.lua").read_text("utf-8")
ANSWER_SECONDS: Final = 5.0
"""Maximum seconds for one question, with the connection that it needs."""

MOST_ENTRIES: Final = 1000
"""The most entries of one question: Redis does nothing else while its script runs, and limits its arguments."""
MOST_SECONDS: Final = 1e10
"""The longest age that Redis is told, in seconds: it lies before 1970, and so before all that a ledger knows."""


class RedisLedger:
    """Ledger in a namespace. `make_client` makes the way to it for each question: there are a few a message."""

    def __init__(self, make_client: Callable[[], RedisClient], keys: Keys) -> None:
        self._owner = new_owner()
        self._make_client = make_client
        self._keys = keys

    def note(self, entries: Sequence[Entry]) -> None:
        """Note what is due (ledger: Rule 1)."""
        self._run("note", entries)

    def claim(self, entries: Sequence[Entry], id_: str, lease_seconds: float) -> list[Claim]:
        """Claim for a time (ledger: Rule 2)."""
        return [_claim(text_of_reply(answer)) for answer in self._run("claim", entries, id_, lease_seconds)]

    def settle(self, entries: Sequence[Entry]) -> None:
        """Note what was told."""
        self._run("settle", entries)

    def end(self, entries: Sequence[Entry]) -> None:
        """Note what is over (ledger: Rule 5)."""
        self._run("end", entries)

    def _run(self, verb: str, entries: Sequence[Entry], id_: str = "-", lease_seconds: float = 0.0) -> Sequence[Any]:
        """Ask about all entries, so many in one question: a large fleet may come due at once."""
        starts = range(0, len(entries), MOST_ENTRIES)
        pieces = [entries[start : start + MOST_ENTRIES] for start in starts]
        return [answer for piece in pieces for answer in self._run_piece(verb, piece, id_, lease_seconds)]

    def _run_piece(self, verb: str, entries: Sequence[Entry], id_: str, lease_seconds: float) -> Sequence[Any]:
        times_ms = [str(math.ceil(1000 * seconds)) for seconds in (lease_seconds, KEEP_SECONDS, SAME_SECONDS)]
        keys = [self._keys.told(entry.name) for entry in entries]
        ages = [part for entry in entries for part in _written(entry)]
        try:
            return asyncio.run(
                self._ask("EVAL", SCRIPT, str(len(keys)), *keys, verb, self._owner, id_, *times_ms, *ages)
            )
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            raise LedgerError(f"Redis: {redacted(error) or f'no answer within {ANSWER_SECONDS:g} s'}") from None

    async def _ask(self, *command: str) -> Sequence[Any]:
        async with asyncio.timeout(ANSWER_SECONDS), self._make_client().primary() as primary:
            answers: Sequence[Any] = await primary.ask(*command)
            return answers


def _written(entry: Entry) -> tuple[str, str, str, str]:
    untrue = "-" if entry.untrue_seconds is None else _milliseconds(entry.untrue_seconds)
    noted = "1" if entry.must_be_noted else "0"
    return _milliseconds(entry.age_seconds), noted, untrue, _milliseconds(entry.over_seconds)


def _milliseconds(seconds: float) -> str:
    return str(round(1000 * min(seconds, MOST_SECONDS)))


def _claim(answer: str) -> Claim:
    """Read an answer of the script: an id, how many milliseconds to wait, or nothing."""
    if answer.startswith("wait "):
        return Claim(None, int(answer.removeprefix("wait ")) / 1000)
    return Claim(answer or None)
