"""The dashboard page: plain files, read once, served from memory under a policy that lets nothing else in.

In reading order:

    comments  what of its files is for people who read the source, and is not sent
    policy    the headers of its files, and which pages may show it in a frame
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response

from agent_status_gateway.dashboard.comments import without_comments
from agent_status_gateway.dashboard.policy import headers_for
from agent_status_gateway.http.asking.negotiation import accepts_gzip

INDEX: Final = "index.html"
MEDIA_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """File as served."""

    body: bytes
    gzipped: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Its comments are a quarter of what the page would weigh, so they are not served."""
        body = without_comments(path.read_bytes(), path.suffix)
        return cls(
            body=body,
            gzipped=gzip.compress(body, mtime=0),
            media_type=f"{MEDIA_TYPES[path.suffix]}; charset=utf-8",
            etag=hashlib.sha256(body).hexdigest()[:16],
        )

    def answer(self, *, accept_encoding: str, if_none_match: str, headers: Mapping[str, str]) -> Response:
        """Response with the file, or 304 if the client has it. On HEAD, the server omits the body."""
        is_gzipped = accepts_gzip(accept_encoding)
        etag = f'"{self.etag}-gzip"' if is_gzipped else f'"{self.etag}"'
        headers = {**headers, "ETag": etag}
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        if known & {etag, "*"}:
            return Response(status_code=304, headers=headers)
        if is_gzipped:
            headers["Content-Encoding"] = "gzip"
        return Response(self.gzipped if is_gzipped else self.body, media_type=self.media_type, headers=headers)


FOLDER: Final = Path(__file__).parent
ASSETS: Final[Mapping[str, Asset]] = MappingProxyType(
    {path.relative_to(FOLDER).as_posix(): Asset.read(path) for path in FOLDER.rglob("*") if path.suffix in MEDIA_TYPES}
)
"""Every file by name, read once. A request's path is only looked up here, so it cannot reach another file."""

page = APIRouter(include_in_schema=False)
AcceptEncoding = Annotated[str, Header()]
IfNoneMatch = Annotated[str, Header()]


async def _headers(request: Request) -> Mapping[str, str]:
    # Not a plain function: FastAPI would run that in a thread.
    return headers_for(request.app.replica.settings.frame_ancestors)


Headers = Annotated[Mapping[str, str], Depends(_headers)]


@page.head("/")
@page.get("/")
async def index(headers: Headers, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """Serve the page. It needs no key, since its scripts request what it shows."""
    return ASSETS[INDEX].answer(accept_encoding=accept_encoding, if_none_match=if_none_match, headers=headers)


@page.head("/dashboard/{name:path}")
@page.get("/dashboard/{name:path}")
async def asset(
    name: str, headers: Headers, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = ""
) -> Response:
    """Serve one of the page's files."""
    if name not in ASSETS or name == INDEX:
        raise HTTPException(404)
    return ASSETS[name].answer(accept_encoding=accept_encoding, if_none_match=if_none_match, headers=headers)
