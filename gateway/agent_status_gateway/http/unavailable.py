"""The answer when there is no picture to give: come back later.

EventSource takes any status but 200 as final, so whoever names `text/event-stream` gets 200, one line that tells it
when to reconnect, and the end. Everybody else gets 503 with `Retry-After`.
"""

from starlette.responses import JSONResponse, Response

from agent_status_gateway.fanout.retry import random_retry_ms, retry

SSE_MEDIA_TYPE = "text/event-stream"


def unavailable(reason: str, *, accept: str) -> Response:
    """An answer that says nothing but when to ask again."""
    retry_ms = random_retry_ms()
    if SSE_MEDIA_TYPE in accept:
        return Response(retry(retry_ms), media_type=SSE_MEDIA_TYPE, headers={"Cache-Control": "no-cache, no-transform"})
    return JSONResponse({"detail": reason}, 503, headers={"Retry-After": str(-(-retry_ms // 1000))})
