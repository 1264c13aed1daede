"""Requests that are held until there is news: with `?wait=` and `If-None-Match`, where an answer has an `ETag`.

Rule 1. A request is held while its client has the rows of now, and while a window of its view is open. It is released
        at the close of a window that has brought other rows, and when its seconds are over (fanout/members/poll.py).
Rule 2. A held request takes a place as a stream does: it counts against every limit, and is refused in the same words.
Rule 3. A release says only when to answer. The route looks the reader up again, and answers by what it may see then.

A server whose connections can wait without a task asks `hold_at_once` (server/connection.py), and starts the route when
the request is released. On any other server the route waits itself, in `wait_for_news`.
"""

import asyncio
from collections.abc import Callable, Container, Mapping
from typing import Final, NamedTuple

from fastapi import Request
from starlette.responses import Response
from starlette.types import Scope

from agent_status_gateway.access.credentials import seconds_until_next
from agent_status_gateway.access.keys.reader import Reader
from agent_status_gateway.fanout.address import client_of
from agent_status_gateway.fanout.client import Peer
from agent_status_gateway.fanout.members.poll import Poll
from agent_status_gateway.http.answers.room import why_no_room
from agent_status_gateway.http.answers.unavailable import unavailable
from agent_status_gateway.http.asgi_transport import until_disconnected, until_set
from agent_status_gateway.http.asking.asked import summary_view_asked_by, view_asked_by
from agent_status_gateway.http.asking.entity_tag import ids_named
from agent_status_gateway.http.asking.request_head import header, path_below_root
from agent_status_gateway.http.asking.wait import WAIT, seconds_to_wait
from agent_status_gateway.paths import STATUS_PATH, SUMMARY_PATH
from agent_status_gateway.replica import Replica
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.view import View
from agent_status_gateway.tasks import together

POLLS: Final = "agent_status.polls"
"""The key of the lifespan state that holds these, for connections that hold requests themselves."""
HELD: Final = "agent_status.held"
"""The key of a request's scope that is set once it was held: it is held once only."""
MAX_TAGS: Final = 16
"""The most tags of a request that is held: real clients send one."""
MAX_HEADER_BYTES: Final = 8 * 1024
"""The most bytes of headers of a request that is held: they are kept until it is answered."""
_WAIT: Final = WAIT.encode() + b"="

PartOf = Callable[[Scope, Reader], View]
"""Function that finds what a request asks for, as far as its reader may see it."""
PARTS: Final[Mapping[str, PartOf]] = {STATUS_PATH: view_asked_by, SUMMARY_PATH: summary_view_asked_by}
"""The paths of the endpoints whose requests may be held, and how each finds what is asked for."""


class _Question(NamedTuple):
    """Request that may be held: what it asks for, the ids that its client has, and the seconds that it may wait."""

    reader: Reader
    part: View
    ids: Container[str]
    seconds: int


class Polls:
    """The held requests of one replica."""

    def __init__(self, replica: Replica) -> None:
        self._access = replica.access
        self._hosts = replica.hosts
        self._hub = replica.hub
        self._pipeline = replica.pipeline
        self._rate = replica.rate

    def hold_at_once(self, scope: Scope, on_release: Callable[[], None]) -> Poll | None:
        """Hold a request; None if it must be answered or refused now, or cannot be held before something is waited for.

        Once `on_release` is called, the request must be answered.
        """
        if _WAIT not in scope["query_string"] or scope["method"] != "GET":
            return None
        if (part_of := PARTS.get(path_below_root(scope))) is None:
            return None
        is_in_measure = (
            self._pipeline.has_snapshot
            and self._hosts.refusal(scope) is None
            and not seconds_until_next(scope, self._rate)  # as on every endpoint, before any key is compared
        )
        try:
            question = self._question(scope, part_of) if is_in_measure else None
        except WrongFieldError:
            question = None
        if question is None:
            return None
        is_news = self._pipeline.is_news(question.part, question.ids)
        if is_news or self._why_no_room(scope, question) is not None:
            return None
        return self._hold(scope, question, on_release, asks=is_news is None)

    async def wait_for_news(self, request: Request, part_of: PartOf) -> Response | None:
        """Hold a request that may be held; return an answer if it must get no other.

        What was known of its reader before is out of date then.

        Raises:
            WrongFieldError: A field of the query has a wrong value.
        """
        scope = request.scope
        question = self._question(scope, part_of)
        if question is None:
            return None
        is_news, asks = self._pipeline.is_news(question.part, question.ids), False
        if is_news is None:
            snapshot_id, asks = await self._pipeline.snapshot_id(question.part), True
            if self._question(scope, part_of) != question:
                return None  # its key was removed or changed
            is_news = snapshot_id not in question.ids
        if is_news:
            return None
        if (why := self._why_no_room(scope, question)) is not None:
            return unavailable(why, accept="")
        is_released = asyncio.Event()
        # Before any await: who was not refused takes its place at once.
        poll = self._hold(scope, question, is_released.set, asks=asks)
        try:
            await together(poll_release=until_set(is_released), poll_watch=until_disconnected(request.receive))
        finally:
            poll.closed()
        return None if is_released.is_set() else Response()  # which nobody reads

    def headers(self, scope: Scope) -> dict[str, str]:
        """Make the headers of the answer to a request that may have been held: in a drain, the client must go."""
        is_last = HELD in scope and self._hub.is_draining and scope["http_version"].startswith("1")
        return {"Connection": "close"} if is_last else {}

    def _question(self, scope: Scope, part_of: PartOf) -> _Question | None:
        """Find what a request asks for; None if it may not be held."""
        if scope["method"] != "GET" or HELD in scope:
            return None
        tags, reader = header(scope, b"if-none-match"), self._access.reader(scope)
        if not tags or reader is None or not (seconds := seconds_to_wait(scope)) or _is_large(scope, tags):
            return None
        return _Question(reader, part_of(scope, reader), ids_named(tags), seconds)

    def _why_no_room(self, scope: Scope, question: _Question) -> str | None:
        return why_no_room(self._hub, question.reader, client_of(scope)[0], question.part)

    def _hold(self, scope: Scope, question: _Question, on_release: Callable[[], None], *, asks: bool) -> Poll:
        scope[HELD] = True
        audience = self._pipeline.audience(question.part)
        try:
            return self._hub.hold(
                audience,
                question.ids,
                on_release,
                peer=Peer(*client_of(scope), question.reader.key_name),
                seconds=question.seconds,
                asks=asks,
            )
        finally:
            self._hub.drop_empty(audience)  # if anything failed


def _is_large(scope: Scope, tags: str) -> bool:
    """Test whether a request is too large to be kept: as many may be held as there are streams, which keep nothing."""
    header_bytes = sum(len(name) + len(value) for name, value in scope["headers"])
    return header_bytes > MAX_HEADER_BYTES or tags.count(",") >= MAX_TAGS
