"""A session of the doctor's own: to see a change, the doctor is a worker for a moment. It is `doctor:<number>`."""

import logging
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from redis.exceptions import RedisError

from agent_status_gateway.cli.doctor.finding import Finding, note, wrong
from agent_status_gateway.settings import Settings
from agent_status_publisher import PublisherError, Session, StatusPublisher


class CannotPublishError(Exception):
    """No change can be published; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what)
        self.finding = finding


class OwnSession(NamedTuple):
    """The session, and how long it took to write it.

    Attributes:
        began_at: When it was begun, in monotonic seconds.
        written_ms: Milliseconds until Redis had it.
    """

    session: Session
    began_at: float
    written_ms: float


def new_key() -> str:
    """A session key that nobody else has."""
    return f"doctor:{random.randrange(10**6)}"  # noqa: S311 - a name


@contextmanager
def own_session(settings: Settings, session_key: str | None = None) -> Iterator[OwnSession]:
    """Publish a session as a worker does, until the block ends.

    Raises:
        CannotPublishError: Nothing can be published.
    """
    errors: list[PublisherError] = []
    logging.getLogger("agent_status_publisher").addHandler(logging.NullHandler())  # its errors are findings here
    with ExitStack() as stack:
        try:
            publisher = stack.enter_context(
                StatusPublisher(settings.redis_url, namespace=settings.namespace, on_error=errors.append)
            )
            began_at = time.monotonic()
            session = publisher.session(session_key or new_key(), title="agent-status-gateway doctor")
            is_written = publisher.flush()
        except (ValueError, RedisError) as error:
            raise CannotPublishError(wrong(f"nothing can be published: {error}", "check REDIS_URL")) from None
        if not is_written:
            reason = str(errors[-1]) if errors else "no answer"
            what = f"a worker's report cannot be written: {reason}"
            advice = "this is fine for a gateway's user; give --redis-url a worker's to check the whole way"
            raise CannotPublishError(note(what, advice))
        yield OwnSession(session, began_at, 1000 * (time.monotonic() - began_at))
