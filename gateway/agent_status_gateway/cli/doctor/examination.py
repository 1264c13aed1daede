"""Every check of the doctor, in order. Each finding is printed as it is made."""

import asyncio
from collections.abc import Callable, Iterator

from agent_status_gateway.cli.doctor.finding import Finding, Verdict, note, ok
from agent_status_gateway.cli.doctor.redis_checks import UNUSABLE, check_redis
from agent_status_gateway.cli.doctor.stream_checks import check_stream
from agent_status_gateway.settings import Settings, renamed_settings, unknown_names


def examine(url: str, key: str | None, settings: Settings, idle_seconds: float, say: Callable[[str], object]) -> bool:
    """Print each finding. False if anything is wrong."""
    is_well = True
    for finding in _findings(url, key, settings, idle_seconds):
        is_well &= finding.verdict is not Verdict.WRONG
        for line in finding.lines():
            say(line)
    return is_well


def _findings(url: str, key: str | None, settings: Settings, idle_seconds: float) -> Iterator[Finding]:
    yield ok("the settings are valid")
    for sentence in renamed_settings():
        yield note(sentence, "rename it")
    for name in unknown_names():
        yield note(f"{name} is not a setting", "is it misspelt?")
    of_redis = asyncio.run(_all_of_redis(settings))
    yield from of_redis
    is_redis_usable = not any(finding.what.startswith(UNUSABLE) for finding in of_redis)
    yield from check_stream(url, key, settings, idle_seconds, can_publish=is_redis_usable)


async def _all_of_redis(settings: Settings) -> list[Finding]:
    return [finding async for finding in check_redis(settings)]
