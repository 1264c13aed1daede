"""Every endpoint but the stream's, and the OpenAPI document. The replica makes what the answers hold."""

import asyncio
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field
from starlette.responses import JSONResponse, PlainTextResponse
from typing_extensions import TypedDict

from agent_status_gateway.access.credentials import REFUSAL, ask_in_measure, reader_now, require_key
from agent_status_gateway.feed.health import NOT_READ_YET, FeedHealth
from agent_status_gateway.http.answers.responses import Pieces, Raw
from agent_status_gateway.http.answers.unavailable import unavailable
from agent_status_gateway.http.answers.unprocessable import WrongFields, unprocessable
from agent_status_gateway.http.asked import view_asked_by
from agent_status_gateway.http.documentation.document import EVENT_STREAM, EVENTS, VIEW
from agent_status_gateway.http.entity_tag import entity_tag, has_tag
from agent_status_gateway.http.negotiation import accepts_gzip
from agent_status_gateway.http.stream import FIRST_SNAPSHOT_SECONDS
from agent_status_gateway.http.ticket import TICKET_BODY, TICKET_ERRORS, ticket_asked_by
from agent_status_gateway.paths import (
    HEALTH_PATH,
    LIVENESS_PATH,
    METRICS_PATH,
    READINESS_PATH,
    STATUS_PATH,
    STREAM_PATH,
    TICKET_PATH,
    WORKERS_PATH,
)
from agent_status_gateway.replica import Replica
from agent_status_gateway.state.fold.schema import Snapshot
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.workers import Workers

MIN_GZIP_BYTES: Final = 1000

# The rate limit comes before any key is compared.
keyed = APIRouter(tags=["status"], dependencies=[Depends(ask_in_measure), Depends(require_key)])
open_to_all = APIRouter(tags=["operations"])

_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    403: {
        "description": REFUSAL,
        "content": {"application/json": {"example": {"detail": REFUSAL}}},
    },
    421: {"description": "The gateway does not answer for the request's host. `detail` says which setting allows it."},
    429: {"description": "Too many requests from this address. `Retry-After` says when to retry."},
    503: {
        "description": "Unavailable: no snapshot yet, full, or draining. `Retry-After` says when to retry.",
        "content": {"application/json": {"example": {"detail": NOT_READ_YET}}},
    },
}
_SAME: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The snapshot has the tag of `If-None-Match`. Titles, tokens and durations may differ."}
}
_WRONG_FIELD: Final[dict[int | str, dict[str, Any]]] = {
    422: {
        "description": "A field of the query has a wrong value. `detail` names it and says what would be right.",
        "model": WrongFields,
    },
}


async def _replica(request: Request) -> Replica:
    # Not a plain function: FastAPI would run that in a thread, which costs ten turns of a busy loop.
    replica: Replica = request.app.replica
    return replica


ThisReplica = Annotated[Replica, Depends(_replica)]


@keyed.head(STATUS_PATH, include_in_schema=False)
@keyed.get(
    STATUS_PATH,
    response_model=Snapshot,
    responses=_REFUSED | _WRONG_FIELD | _SAME,
    summary="What all agents are doing now",
    openapi_extra={"parameters": VIEW},
)
async def status(
    request: Request,
    replica: ThisReplica,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
    if_none_match: Annotated[
        list[str],
        Header(description="The `ETag` of an earlier answer: 304 says that keys, states and tools are the same."),
    ] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """The current snapshot. `X-Status-Stale` says for how many seconds the feed has been lost, if it is."""
    try:
        view_asked_by(request.scope, reader_now(request))
    except WrongFieldError as error:
        return unprocessable(error)
    if not await replica.pipeline.wait_for_snapshot(FIRST_SNAPSHOT_SECONDS):
        return unavailable(replica.health.why_no_snapshot, accept="")
    view = view_asked_by(request.scope, reader_now(request))
    headers = _headers(replica.health)
    tags = ", ".join(if_none_match)
    if tags and has_tag(tags, snapshot_id := await replica.pipeline.snapshot_id(view)):
        return Response(status_code=304, headers=headers | {"ETag": entity_tag(snapshot_id)})
    frame = replica.pipeline.frame_at_once(view) or await replica.pipeline.frame(view)
    headers["ETag"] = entity_tag(frame.id)
    body = frame.json
    if frame.length > MIN_GZIP_BYTES and accepts_gzip(accept_encoding):
        headers["Content-Encoding"] = "gzip"
        if frame.is_large:
            await asyncio.to_thread(frame.compress)
        body = frame.gzipped_json
    return Pieces(body, media_type="application/json", headers=headers)


@keyed.get(WORKERS_PATH, response_model=Workers, responses=_REFUSED, summary="All workers")
async def workers(request: Request, replica: ThisReplica) -> Response:
    """Each worker's machine and process, its sessions, and whether it is live, lost or has left."""
    if not await replica.pipeline.wait_for_snapshot(FIRST_SNAPSHOT_SECONDS):
        return unavailable(replica.health.why_no_snapshot, accept="")
    body = orjson.dumps(await replica.pipeline.workers(reader_now(request).scope))
    return Response(body, media_type="application/json", headers=_headers(replica.health))


class Ticket(TypedDict):
    """Ticket that opens the stream by `?ticket=`, so that no key has to be in a URL."""

    ticket: Annotated[str, Field(description="Empty if no key is required; the stream opens with it all the same")]
    expires_in: Annotated[int, Field(description="Seconds that the ticket is valid, for any number of connects")]


@open_to_all.post(
    TICKET_PATH,
    response_model=Ticket,
    responses=_REFUSED | TICKET_ERRORS,
    tags=["status"],
    dependencies=[Depends(ask_in_measure), Depends(require_key)],
    openapi_extra=TICKET_BODY,
    summary="A ticket for the stream",
)
async def ticket(request: Request, replica: ThisReplica) -> Response:
    """A ticket signed with the key: valid on every replica, for every reconnect, and void once its key is removed.

    With a body, the ticket opens a part of what the key may see, or is valid for as long as the body says.
    """
    try:
        scope, seconds = await ticket_asked_by(request)
    except WrongFieldError as error:
        return unprocessable(error, "body")
    text, seconds = replica.access.ticket(reader_now(request).key_name, scope, seconds)
    return JSONResponse({"ticket": text, "expires_in": seconds}, headers={"Cache-Control": "no-store"})


@keyed.head(STREAM_PATH, include_in_schema=False)
@keyed.get(
    STREAM_PATH,
    response_class=Response,
    responses=_REFUSED | _WRONG_FIELD | {200: EVENT_STREAM},
    summary="What all agents are doing, on every change (SSE)",
    openapi_extra={"parameters": [EVENTS, *VIEW]},
)
async def stream(request: Request) -> Response:
    """A snapshot on connect and on every meaningful change, at most one a second after the first."""
    # Most requests skip this route and go straight to the endpoint: see `Gateway.__call__`.
    return Raw(request.app.stream.answer)


@open_to_all.get(LIVENESS_PATH, summary="Is the process responsive?")
async def livez() -> dict[str, str]:
    """200 while the event loop runs."""
    return {"status": "ok"}


@open_to_all.get(HEALTH_PATH, summary="May a load balancer send clients here?")
async def healthz(replica: ThisReplica) -> Response:
    """200 while there is a snapshot, stale or not; 503 before the first one and while draining."""
    return _probe(replica.unhealthy_reason)


@open_to_all.get(READINESS_PATH, summary="Is the snapshot fresh?")
async def readyz(replica: ThisReplica) -> Response:
    """200 while the feed is live, with a note if its channel brings no reports; 503 and the reason otherwise."""
    return _probe(replica.unready_reason, channel=replica.channel_note)


@open_to_all.get(
    METRICS_PATH,
    summary="Prometheus metrics",
    response_class=PlainTextResponse,
    responses={403: {"description": "A key has a scope, so a key without one is required."}},
)
async def metrics(request: Request, replica: ThisReplica) -> Response:
    """The metrics of this replica. Once any key has a scope, they need a key without one.

    Here the key may also be sent as `Authorization: Bearer`.
    """
    if not replica.access.may_read_metrics(request.scope):
        return JSONResponse({"detail": REFUSAL}, 403)
    return Response(replica.metrics.expose(), media_type=CONTENT_TYPE_LATEST)


def _headers(health: FeedHealth) -> dict[str, str]:
    """Make the headers of an answer with a snapshot."""
    # Not "no-cache": a browser's `fetch` would send the tag by itself, and show a 304's old durations.
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    stale_seconds = health.stale_seconds
    return headers if stale_seconds is None else headers | {"X-Status-Stale": str(int(stale_seconds))}


def _probe(reason: str | None, *, channel: str | None = None) -> Response:
    if reason is None:
        return JSONResponse({"status": "ok"} | ({"channel": channel} if channel else {}))
    return JSONResponse({"status": "unavailable", "reason": reason}, 503)
