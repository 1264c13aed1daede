"""The answer while there is no snapshot, or no room: come back later.

EventSource takes any status but 200 as final. So a client that accepts `text/event-stream` gets 200, one line that says
when to reconnect, and the end. Any other client gets 503 with `Retry-After`.
"""

from starlette.responses import JSONResponse, Response

from agent_status_gateway.fanout.events.retry import random_retry_ms, retry

SSE_MEDIA_TYPE = "text/event-stream"


def unavailable(reason: str, *, accept: str) -> Response:
    """Make an answer that only says when to retry, and why for clients other than EventSource."""
    retry_ms = random_retry_ms()
    if SSE_MEDIA_TYPE in accept:
        return Response(retry(retry_ms), media_type=SSE_MEDIA_TYPE, headers={"Cache-Control": "no-cache, no-transform"})
    return JSONResponse({"detail": reason}, 503, headers={"Retry-After": str(-(-retry_ms // 1000))})
