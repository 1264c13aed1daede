"""Checks of Redis, as a replica uses it: its version, this user's permissions, and harmful settings."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import median
from typing import Any, Final

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from agent_status_gateway.cli.doctor.advice import OTHER_REDIS, redis_advice
from agent_status_gateway.cli.doctor.finding import Finding, note, ok, wrong
from agent_status_gateway.feed.redis_client import Primary, RedisClient
from agent_status_gateway.settings import Settings
from agent_status_publisher.contract.redaction import redacted
from agent_status_publisher.contract.redis_url import Kind, parse_redis_url
from agent_status_publisher.contract.text import text_of_reply
from agent_status_publisher.contract.wire import MAX_REPORT_BYTES, Keys

UNUSABLE: Final = "Redis cannot be used"
UNREACHABLE: Final = (RedisConnectionError, RedisTimeoutError)
ANSWER_SECONDS: Final = 5.0
PINGS: Final = 5
SLOW_MS: Final = 50.0
OLDEST: Final = (6, 2)
OLDEST_CLUSTER: Final = (7, 0)
CLOCK_SECONDS: Final = 2.0
SUBSCRIBER: Final = "pubsub"
RULES: Final = 'docs/how-to/redis.md has the rule for a gateway\'s user, under "Users with the least rights"'


async def check_redis(settings: Settings) -> AsyncIterator[Finding]:
    """Check Redis. A first problem may leave the other checks undone."""
    client = RedisClient(settings.redis_url, Keys(settings.namespace), settings.redis_password_file)
    try:
        async with asyncio.timeout(ANSWER_SECONDS), client.primary() as primary:
            yield await _latency(primary)
            for check in (_version, _clock, _eviction, _buffers):
                yield await _checked(check, primary, settings)
            for what, act in (
                ("write the key that replicas probe it with", primary.probe),
                ("run the script that reads all workers", lambda: primary.read({}, ANSWER_SECONDS)),
                ("subscribe to the channel", primary.subscribe),
            ):
                yield await _permission(what, act)
    except Exception as error:  # noqa: BLE001 - an option of the URL may make redis-py raise anything
        reason = redacted(error) or f"no answer within {ANSWER_SECONDS:g} s"
        advice = redis_advice(error)
        if not isinstance(error, RedisError | OSError):
            advice = OTHER_REDIS
            reason = f"redis-py cannot use an option of REDIS_URL ({type(error).__name__})"
        yield wrong(f"{UNUSABLE}: {reason}", advice)


async def _latency(primary: Primary) -> Finding:
    times_ms = []
    for _ in range(PINGS):
        began_at = time.perf_counter()
        await primary.ask("PING")
        times_ms.append(1000 * (time.perf_counter() - began_at))
    what_is = f"Redis answers in {median(times_ms):.1f} ms"
    return ok(what_is) if median(times_ms) < SLOW_MS else note(what_is, "a replica closer to Redis sees changes sooner")


async def _checked(
    check: Callable[[Primary, Settings], Awaitable[Finding]], primary: Primary, settings: Settings
) -> Finding:
    """Run a check by an admin's command. A gateway's user need not have the permission for it."""
    name = check.__name__.removeprefix("_")
    try:
        return await check(primary, settings)
    except NoPermissionError:
        return note(f"{name}: not checked, since this user lacks the permission; a gateway does not need it")
    except UNREACHABLE:
        raise  # said once, for all checks
    except (RedisError, ValueError, TypeError, LookupError) as error:
        return note(f"{name}: not checked: {redacted(error)}")


async def _permission(what: str, act: Callable[[], Awaitable[object]]) -> Finding:
    try:
        await act()
    except NoPermissionError as error:
        return wrong(f"Redis refuses to {what}: {redacted(error)}", RULES)
    except UNREACHABLE:
        raise
    except RedisError as error:
        return wrong(f"Redis cannot {what}: {redacted(error)}", "workers cannot publish either until this is fixed")
    return ok(f"Redis lets this user {what}")


async def _version(primary: Primary, settings: Settings) -> Finding:
    info = _fields(await primary.ask("INFO", "server"))
    is_valkey = "valkey_version" in info
    version = info.get("valkey_version") or info.get("redis_version", "0")
    what_is = f"{'Valkey' if is_valkey else 'Redis'} {version}"
    numbers = tuple(int(part) for part in info.get("redis_version", "0.0").split(".")[:2])
    oldest = OLDEST_CLUSTER if parse_redis_url(settings.redis_url).kind is Kind.CLUSTER else OLDEST
    if numbers < oldest:
        return wrong(what_is, f"{oldest[0]}.{oldest[1]} or later is required")
    return ok(what_is)


async def _clock(primary: Primary, _settings: Settings) -> Finding:
    seconds, micros = await primary.ask("TIME")
    apart = time.time() - (int(seconds) + int(micros) / 1e6)
    what_is = f"the clocks of Redis and this machine differ by {abs(apart):.1f} s"
    if abs(apart) < CLOCK_SECONDS:
        return ok(what_is)
    return note(
        what_is, "snapshots are not affected; tickets are, if replicas' clocks differ by more than TICKET_SECONDS"
    )


async def _eviction(primary: Primary, _settings: Settings) -> Finding:
    policy = (await _config(primary, "maxmemory-policy")) or "noeviction"
    limit = (await _config(primary, "maxmemory")) or "0"
    if policy == "noeviction" or limit == "0":
        return ok(f"Redis evicts nothing ({policy}, maxmemory {limit})")
    advice = (
        "set maxmemory-policy to noeviction, or use a separate Redis: evicted workers vanish until their next report"
    )
    return wrong(f"Redis evicts keys when its memory is full ({policy}, maxmemory {limit})", advice)


async def _buffers(primary: Primary, _settings: Settings) -> Finding:
    limits = ((await _config(primary, "client-output-buffer-limit")) or "").split()
    if SUBSCRIBER not in limits:
        return note("output buffers: Redis reports no limit for subscribers")
    hard_bytes = int(limits[limits.index(SUBSCRIBER) + 1])
    if hard_bytes == 0 or hard_bytes >= MAX_REPORT_BYTES:
        return ok(f"Redis buffers {hard_bytes or 'any number of'} bytes for a slow replica before it disconnects it")
    needed_bytes = 4 * MAX_REPORT_BYTES
    advice = (
        f"set client-output-buffer-limit pubsub to {needed_bytes} or more: a report may be {MAX_REPORT_BYTES} bytes"
    )
    return wrong(f"Redis disconnects a replica that is {hard_bytes} bytes behind", advice)


async def _config(primary: Primary, name: str) -> str | None:
    answer = await primary.ask("CONFIG", "GET", name)
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=True)
    return next((text_of_reply(value) for key, value in pairs if text_of_reply(key) == name), None)


def _fields(info: Any) -> dict[str, str]:
    """Redis's INFO, which redis-py parses for some clients and not for others."""
    if isinstance(info, dict):
        return {text_of_reply(name): text_of_reply(value) for name, value in info.items()}
    pairs = (line.partition(":") for line in text_of_reply(info).splitlines())
    return {name: value for name, colon, value in pairs if colon}
