"""The two routers of endpoints, and what several of them answer."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from agent_status_gateway.access.credentials import REFUSAL, ask_in_measure, require_key
from agent_status_gateway.feed.health import NOT_READ_YET
from agent_status_gateway.http.answers.unprocessable import WrongFields
from agent_status_gateway.replica import Replica

# The rate limit comes before any key is compared.
keyed = APIRouter(tags=["status"], dependencies=[Depends(ask_in_measure), Depends(require_key)])
open_to_all = APIRouter(tags=["operations"])

REFUSED: Final[dict[int | str, dict[str, Any]]] = {
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
WRONG_FIELD: Final[dict[int | str, dict[str, Any]]] = {
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
