"""The dashboard page: plain files, read once, served from memory under a policy that lets nothing else in."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Self

from fastapi import APIRouter, Header, HTTPException, Response

from agent_status_gateway.http.negotiation import accepts_gzip

INDEX: Final = "index.html"
MEDIA_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; "  # the icon, which the page draws
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Asked for anew by each load, and cheap by the ETag: no file of an old version stays beside a new one's.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file as it goes out."""

    body: bytes
    gzipped: bytes
    media_type: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it once."""
        body = path.read_bytes()
        return cls(
            body=body,
            gzipped=gzip.compress(body, mtime=0),
            media_type=f"{MEDIA_TYPES[path.suffix]}; charset=utf-8",
            etag=hashlib.sha256(body).hexdigest()[:16],
        )

    def answer(self, *, accept_encoding: str, if_none_match: str) -> Response:
        """The file, or that the client has it; on HEAD the server leaves the body out."""
        is_gzipped = accepts_gzip(accept_encoding)
        etag = f'"{self.etag}-gzip"' if is_gzipped else f'"{self.etag}"'
        headers = HEADERS | {"ETag": etag}
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
"""All files by name, read once: a request's path is looked up here and leads to no file by itself."""

page = APIRouter(include_in_schema=False)
AcceptEncoding = Annotated[str, Header()]
IfNoneMatch = Annotated[str, Header()]


@page.head("/")
@page.get("/")
async def index(accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """The page. It needs no key: what it shows is asked for by its scripts."""
    return ASSETS[INDEX].answer(accept_encoding=accept_encoding, if_none_match=if_none_match)


@page.head("/dashboard/{name:path}")
@page.get("/dashboard/{name:path}")
async def asset(name: str, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = "") -> Response:
    """One of the page's own files."""
    if name not in ASSETS or name == INDEX:
        raise HTTPException(404)
    return ASSETS[name].answer(accept_encoding=accept_encoding, if_none_match=if_none_match)
