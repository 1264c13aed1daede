"""The snapshot and the workers as JSON. The stream is here for the OpenAPI document only."""

import asyncio
from typing import Annotated, Any, Final

import orjson
from fastapi import Header, Request, Response

from agent_status_gateway.access.credentials import reader_now
from agent_status_gateway.feed.health import FeedHealth
from agent_status_gateway.http.answers.responses import Pieces, Raw
from agent_status_gateway.http.answers.unavailable import unavailable
from agent_status_gateway.http.answers.unprocessable import unprocessable
from agent_status_gateway.http.asking.asked import view_asked_by
from agent_status_gateway.http.asking.entity_tag import entity_tag, ids_named
from agent_status_gateway.http.asking.negotiation import accepts_gzip
from agent_status_gateway.http.asking.wait import seconds_to_wait
from agent_status_gateway.http.documentation.document import (
    ENDS,
    EVENT_STREAM,
    EVENTS,
    FIELDS_OF_ROWS,
    STALLED_AFTER,
    VIEW,
    WAITING,
)
from agent_status_gateway.http.endpoints.routers import REFUSED, WRONG_FIELD, ThisReplica, keyed
from agent_status_gateway.http.polls import PartOf, Polls
from agent_status_gateway.http.stream import FIRST_SNAPSHOT_SECONDS
from agent_status_gateway.paths import STATUS_PATH, STREAM_PATH, WORKERS_PATH
from agent_status_gateway.replica import Replica
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.workers import Workers

MIN_GZIP_BYTES: Final = 1000
_SAME: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The snapshot has the tag of `If-None-Match`. Titles, tokens and durations may differ."}
}
AcceptEncoding = Annotated[str, Header(include_in_schema=False)]


@keyed.head(STATUS_PATH, include_in_schema=False)
@keyed.get(
    STATUS_PATH,
    response_model=Snapshot,
    responses=REFUSED | WRONG_FIELD | _SAME,
    summary="What all agents are doing now",
    openapi_extra={"parameters": [WAITING, FIELDS_OF_ROWS, STALLED_AFTER, ENDS, *VIEW]},
)
async def status(
    request: Request,
    replica: ThisReplica,
    accept_encoding: AcceptEncoding = "",
    if_none_match: Annotated[
        list[str],
        Header(description="The `ETag` of an earlier answer: 304 says that keys, states and tools are the same."),
    ] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """The current snapshot. `X-Status-Stale` says for how many seconds the feed has been lost, if it is."""
    return await answer_with_view(request, replica, view_asked_by, accept_encoding, if_none_match)


async def answer_with_view(
    request: Request,
    replica: Replica,
    asked_by: PartOf,
    accept_encoding: str,
    if_none_match: list[str],
) -> Response:
    """Answer with the frame of the view that a request asks for by `asked_by`, or with 304 if the client has it.

    A path whose requests are answered here and may be held is one of http/polls.py, too.
    """
    try:
        asked_by(request.scope, reader_now(request))
        seconds_to_wait(request.scope)
    except WrongFieldError as error:
        return unprocessable(error)
    if not await replica.pipeline.wait_for_snapshot(FIRST_SNAPSHOT_SECONDS):
        return unavailable(replica.health.why_no_snapshot, accept="")
    polls: Polls = request.app.polls
    if (answer := await polls.wait_for_news(request, asked_by)) is not None:
        return answer
    view = asked_by(request.scope, reader_now(request))
    headers = _headers(replica.health) | polls.headers(request.scope)
    frame = None if if_none_match else replica.pipeline.frame_at_once(view)
    if frame is None:
        snapshot_id, frame = await replica.pipeline.frame_unless(view, ids_named(", ".join(if_none_match)))
        if frame is None:
            return Response(status_code=304, headers=headers | {"ETag": entity_tag(snapshot_id)})
    headers["ETag"] = entity_tag(frame.id)
    body = frame.json
    if frame.length > MIN_GZIP_BYTES and accepts_gzip(accept_encoding):
        headers["Content-Encoding"] = "gzip"
        if frame.is_large:
            await asyncio.to_thread(frame.compress)
        body = frame.gzipped_json
    return Pieces(body, media_type="application/json", headers=headers)


@keyed.get(WORKERS_PATH, response_model=Workers, responses=REFUSED, summary="All workers")
async def workers(request: Request, replica: ThisReplica) -> Response:
    """Each worker's machine and process, its sessions, and whether it is live, lost or has left."""
    if not await replica.pipeline.wait_for_snapshot(FIRST_SNAPSHOT_SECONDS):
        return unavailable(replica.health.why_no_snapshot, accept="")
    body = orjson.dumps(await replica.pipeline.workers(reader_now(request).scope))
    return Response(body, media_type="application/json", headers=_headers(replica.health))


@keyed.head(STREAM_PATH, include_in_schema=False)
@keyed.get(
    STREAM_PATH,
    response_class=Response,
    responses=REFUSED | WRONG_FIELD | {200: EVENT_STREAM},
    summary="What all agents are doing, on every change (SSE)",
    openapi_extra={"parameters": [EVENTS, FIELDS_OF_ROWS, STALLED_AFTER, ENDS, *VIEW]},
)
async def stream(request: Request) -> Response:
    """A snapshot on connect and on every meaningful change, at most one a second after the first."""
    # Most requests skip this route and go straight to the endpoint: see `Gateway.__call__`.
    return Raw(request.app.stream.answer)


def _headers(health: FeedHealth) -> dict[str, str]:
    """Make the headers of an answer with a snapshot."""
    # Not "no-cache": a browser's `fetch` would send the tag by itself, and show a 304's old durations.
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    stale_seconds = health.stale_seconds
    return headers if stale_seconds is None else headers | {"X-Status-Stale": str(int(stale_seconds))}
