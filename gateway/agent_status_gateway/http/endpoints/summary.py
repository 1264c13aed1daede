"""The summary as JSON. Its stream is here for the OpenAPI document only."""

from typing import Annotated, Any, Final

from fastapi import Header, Request, Response

from agent_status_gateway.http.answers.responses import Raw
from agent_status_gateway.http.asking.asked import summary_view_asked_by
from agent_status_gateway.http.documentation.document import BY_FIELD, SUMMARY_EVENTS, SUMMARY_STREAM, VIEW, WAITING
from agent_status_gateway.http.endpoints.routers import REFUSED, WRONG_FIELD, ThisReplica, keyed
from agent_status_gateway.http.endpoints.status import AcceptEncoding, answer_with_view
from agent_status_gateway.paths import SUMMARY_PATH, SUMMARY_STREAM_PATH
from agent_status_gateway.state.views.summary.schema import FleetSummary

_SAME: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The summary has the tag of `If-None-Match`: all counts are the same. Ages may differ."}
}


@keyed.head(SUMMARY_PATH, include_in_schema=False)
@keyed.get(
    SUMMARY_PATH,
    response_model=FleetSummary,
    responses=REFUSED | WRONG_FIELD | _SAME,
    summary="How many agents are in each state now",
    openapi_extra={"parameters": [BY_FIELD, WAITING, *VIEW]},
)
async def summary(
    request: Request,
    replica: ThisReplica,
    accept_encoding: AcceptEncoding = "",
    if_none_match: Annotated[
        list[str], Header(description="The `ETag` of an earlier answer: 304 says that all counts are the same.")
    ] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """The sessions of the snapshot, or of a view of it, counted by group and state."""
    return await answer_with_view(request, replica, summary_view_asked_by, accept_encoding, if_none_match)


@keyed.head(SUMMARY_STREAM_PATH, include_in_schema=False)
@keyed.get(
    SUMMARY_STREAM_PATH,
    response_class=Response,
    responses=REFUSED | WRONG_FIELD | {200: SUMMARY_STREAM},
    summary="How many agents are in each state, on every change (SSE)",
    openapi_extra={"parameters": [SUMMARY_EVENTS, BY_FIELD, *VIEW]},
)
async def summary_stream(request: Request) -> Response:
    """A summary on connect and when a count changes, at most one a second after the first."""
    # Most requests skip this route and go straight to the endpoint: see `Gateway.__call__`.
    return Raw(request.app.stream.answer)
