"""Probes and metrics, for machines that ask several times a minute."""

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse

from agent_status_gateway.access.credentials import REFUSAL
from agent_status_gateway.http.endpoints.routers import ThisReplica, open_to_all
from agent_status_gateway.paths import HEALTH_PATH, LIVENESS_PATH, METRICS_PATH, READINESS_PATH


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
    # No cache on the way may give them to who has no key.
    exposed = await replica.exposed_metrics()
    return Response(exposed, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _probe(reason: str | None, *, channel: str | None = None) -> Response:
    if reason is None:
        return JSONResponse({"status": "ok"} | ({"channel": channel} if channel else {}))
    return JSONResponse({"status": "unavailable", "reason": reason}, 503)
