"""The snapshot at a glance: `status.txt` and `badge.svg`. An image can send no header, so tickets open both."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, Header, Request, Response

from agent_status_gateway.access.credentials import ask_in_measure, require_key_or_ticket, streaming_reader_now
from agent_status_gateway.http.answers.unavailable import unavailable
from agent_status_gateway.http.answers.unprocessable import unprocessable
from agent_status_gateway.http.asking.asked import view_asked_by
from agent_status_gateway.http.asking.entity_tag import entity_tag, has_tag
from agent_status_gateway.http.documentation.document import VIEW
from agent_status_gateway.http.endpoints.routers import REFUSED, WRONG_FIELD, ThisReplica, open_to_all
from agent_status_gateway.http.glance.badge import badge, unavailable_badge
from agent_status_gateway.http.glance.status_text import MAX_SESSIONS, status_text
from agent_status_gateway.http.stream import FIRST_SNAPSHOT_SECONDS
from agent_status_gateway.paths import BADGE_PATH, TEXT_PATH
from agent_status_gateway.replica import Replica
from agent_status_gateway.state.fold.rows import Rows
from agent_status_gateway.state.steps import Steps
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.tally import Tally, tally
from agent_status_gateway.state.views.view import View

SVG: Final = "image/svg+xml"
TEXT_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
BADGE_HEADERS: Final = {
    # GitHub's image proxy keeps an image unless it is "no-cache".
    "Cache-Control": "no-cache, no-store, max-age=0",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
TAG_BYTES: Final = 16
ALL_ORIGINS: Final = "*"
LET_IN: Final = [Depends(ask_in_measure), Depends(require_key_or_ticket)]
Tags = Annotated[list[str], Header(alias="If-None-Match", description="The `ETag` of an earlier answer.")]


class Glance(NamedTuple):
    """An answer, made at one moment.

    Attributes:
        body: The text or the image.
        tag: The name of what it shows; the same name means that an earlier answer need not be sent again.
        stale_seconds: The age of the snapshot; None while it is fresh.
    """

    body: str
    tag: str
    stale_seconds: float | None


Make = Callable[[Tally, float | None, float], tuple[str, str]]
"""Makes body and tag of a tally, the age of a stale snapshot, and the moment."""


def _described(what: str, media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    same = "It has the tag of `If-None-Match`."
    content = {media_type: {"schema": {"type": "string"}, "example": example}}
    return {200: {"description": what, "content": content}, 304: {"description": same}}


@open_to_all.head(TEXT_PATH, include_in_schema=False, dependencies=LET_IN)
@open_to_all.get(
    TEXT_PATH,
    response_class=Response,
    responses=REFUSED
    | WRONG_FIELD
    | _described(
        f"One line for the whole, then one for each session that needs a person, at most {MAX_SESSIONS}.",
        "text/plain",
        "active: 1 waiting for user, 4 working\nwaiting_for_user\tweb:42\t310\tFix auth bug\t-\n",
    ),
    tags=["status"],
    dependencies=LET_IN,
    summary="What all agents are doing, as lines of text",
    openapi_extra={"parameters": VIEW},
)
async def text(request: Request, replica: ThisReplica, if_none_match: Tags = []) -> Response:  # noqa: B006 - FastAPI copies it
    """The whole in the first line, and who needs a person in the others, with fields that tabs separate.

    A snapshot that is not fresh begins with `stale:`, and has `X-Status-Stale` as the JSON has it.
    """

    def make(found: Tally, stale_seconds: float | None, now: float) -> tuple[str, str]:
        # The text says whether it is stale, so the tag must. A 304 says nothing of titles and seconds, as with JSON.
        tag = found.id if stale_seconds is None else f"{found.id}-stale"
        return status_text(found, stale_seconds, now), tag

    try:
        seen = await _seen(request, replica, MAX_SESSIONS, make)
    except WrongFieldError as error:
        return unprocessable(error)
    if seen is None:
        return unavailable(replica.health.why_no_snapshot, accept="")
    return _answer(seen, if_none_match, "text/plain", TEXT_HEADERS)


@open_to_all.head(BADGE_PATH, include_in_schema=False, dependencies=LET_IN)
@open_to_all.get(
    BADGE_PATH,
    response_class=Response,
    responses=REFUSED
    | WRONG_FIELD
    | _described("The counts: sessions that wait for a user, in error, and at work.", SVG, "<svg>…</svg>"),
    tags=["status"],
    dependencies=LET_IN,
    summary="What all agents are doing, as an image",
    openapi_extra={"parameters": VIEW},
)
async def image(request: Request, replica: ThisReplica, if_none_match: Tags = []) -> Response:  # noqa: B006 - FastAPI copies it
    """An SVG that needs nothing else. It says when the snapshot is stale. A 503 is an image, too, that says so."""

    def make(found: Tally, stale_seconds: float | None, _now: float) -> tuple[str, str]:
        drawn = badge(found, is_stale=stale_seconds is not None)
        return drawn, blake2b(drawn.encode(), digest_size=TAG_BYTES).hexdigest()

    headers = BADGE_HEADERS | {"Cross-Origin-Resource-Policy": _who_may_embed(replica)}
    try:
        seen = await _seen(request, replica, 0, make)
    except WrongFieldError as error:
        return unprocessable(error)
    if seen is None:
        retry_after = unavailable(replica.health.why_no_snapshot, accept="").headers["Retry-After"]
        return Response(unavailable_badge(), 503, headers | {"Retry-After": retry_after}, SVG)
    return _answer(seen, if_none_match, SVG, headers)


async def _seen(request: Request, replica: Replica, most: int, make: Make) -> Glance | None:
    """Make an answer of the view that a request asks for, as far as its reader may see it; None without a snapshot.

    Raises:
        WrongFieldError: A field of the view has a wrong value.
        HTTPException: 403, if the reader may not read any more after the wait for a snapshot.
    """
    _view_now(request)
    if not await replica.pipeline.wait_for_snapshot(FIRST_SNAPSHOT_SECONDS):
        return None

    def look(rows: Rows, now: float) -> Steps[Glance]:
        found = yield from tally(rows, most)
        stale_seconds = replica.health.stale_seconds
        return Glance(*make(found, stale_seconds, now), stale_seconds)

    # What says that it is fresh serves nobody when it is not, and the other way round.
    kept_as = (request.url.path, replica.health.is_live)
    return await replica.pipeline.with_rows(_view_now(request), look, kept_as)


def _view_now(request: Request) -> View:
    return view_asked_by(request.scope, streaming_reader_now(request))


def _answer(seen: Glance, tags: list[str], media_type: str, headers: dict[str, str]) -> Response:
    headers = headers | {"ETag": entity_tag(seen.tag)}
    if seen.stale_seconds is not None:
        headers["X-Status-Stale"] = str(int(seen.stale_seconds))
    if tags and has_tag(", ".join(tags), seen.tag):
        return Response(status_code=304, headers=headers)
    return Response(seen.body, headers=headers, media_type=media_type)


def _who_may_embed(replica: Replica) -> str:
    """The pages that may show the badge.

    A page is told the size of an image of another origin, and can guess the counts by it. With keys, a page must
    have a key or a ticket for it. Without, any page that is open in the operator's browser could ask.
    """
    is_for_all = replica.access.asks_for_key or ALL_ORIGINS in replica.settings.cors_origins
    return "cross-origin" if is_for_all else "same-site"
