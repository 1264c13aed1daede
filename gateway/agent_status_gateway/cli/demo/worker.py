"""Demo worker process: a few sessions at once that do real work and publish their status.

Started by `python -m agent_status_gateway.cli.demo.worker`.

Worker authors write code like this: everything about status is in `run_job`.
"""

import argparse
import asyncio
import logging
import os
import random
import signal
import socket
from typing import Final

from agent_status_gateway.cli.demo.tools import Job, Step, jobs
from agent_status_publisher import Session, StatusPublisher

logger = logging.getLogger("agent_status_gateway.cli.demo.worker")

CHANNELS: Final = ("websocket", "slack", "telegram", "cron")
SESSIONS_AT_ONCE: Final = 3
CHARACTERS_PER_TOKEN: Final = 4


async def run_job(publisher: StatusPublisher, key: str, job: Job, pause: float) -> None:
    """Run one session from its first thought to its end. It thinks for about `pause` seconds at a time."""
    async with publisher.session(key, title=job.title) as session:
        for step in job.steps:
            session.thinking()
            await _pause(pause)
            output = await _use(session, step)
            session.add_usage(input=len(output) // CHARACTERS_PER_TOKEN, output=len(job.title))
        if job.question:
            session.waiting_for_user()
            await _pause(3 * pause)
            session.thinking()
            await _pause(pause)
        session.streaming()
        await _pause(pause)


async def _use(session: Session, step: Step) -> str:
    async with session.tool(step.tool):
        return await step.run()


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - variety, not secrecy


async def work(gateway_url: str, name: str, pause: float) -> None:
    """Job after job, a few at once, until cancelled."""
    known = jobs(gateway_url)
    async with StatusPublisher(max_concurrent=SESSIONS_AT_ONCE) as publisher, asyncio.TaskGroup() as lanes:
        for lane in range(SESSIONS_AT_ONCE):
            key = f"{CHANNELS[lane % len(CHANNELS)]}:{name}-{lane + 1}"
            lanes.create_task(_lane(publisher, known, key, pause), name=f"lane-{lane + 1}")


async def _lane(publisher: StatusPublisher, known: tuple[Job, ...], key: str, pause: float) -> None:
    """Run one conversation. A new run follows an error, as a user's next message would."""
    while True:
        await _pause(4 * pause)
        try:
            await run_job(publisher, key, random.choice(known), pause)  # noqa: S311
        except Exception as error:  # noqa: BLE001 - the session shows it; the worker goes on, as a real one does
            logger.info("%s failed: %s", key, error)
            await _pause(6 * pause)


async def run(gateway_url: str, name: str, pause: float, *, with_parent: bool) -> None:
    """Work until SIGTERM or SIGINT, or until the parent process ends."""
    task = asyncio.create_task(work(gateway_url, name, pause), name="work")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    parent = os.getppid()
    while not task.done():
        await asyncio.wait([task], timeout=1.0)
        if with_parent and os.getppid() != parent:
            task.cancel()
    if not task.cancelled() and (error := task.exception()):
        raise error


def main() -> None:
    """Read the arguments; where to publish is in the environment."""
    parser = argparse.ArgumentParser(description="A worker whose sessions do real work. Publishes to REDIS_URL.")
    parser.add_argument("--gateway-url", default="http://localhost:8000", help="address that its HTTP requests go to")
    parser.add_argument("--name", default=socket.gethostname(), help="part of its session keys")
    parser.add_argument("--pause", type=float, default=1.5, help="about how many seconds a session thinks")
    parser.add_argument("--with-parent", action="store_true", help="end with the parent process")
    options = parser.parse_args()
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")
    asyncio.run(run(options.gateway_url, options.name, options.pause, with_parent=options.with_parent))


if __name__ == "__main__":
    main()
