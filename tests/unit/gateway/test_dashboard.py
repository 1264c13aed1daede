"""How the page is served. What it does is tested in a browser."""

import gzip
import inspect
import posixpath
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from agent_status_gateway.dashboard import ASSETS, page
from agent_status_gateway.dashboard.comments import without_comments
from agent_status_gateway.dashboard.policy import policy_for
from agent_status_gateway.main import create_app
from agent_status_gateway.settings import Settings

FOLDER: Final = Path(__file__).parents[3] / "gateway" / "agent_status_gateway" / "dashboard"
FILES: Final = sorted(set(ASSETS) - {"index.html"})
PATHS: Final = ["/", *(f"/dashboard/{name}" for name in FILES)]
MOST_BYTES: Final = 100_000
"""Maximum size of all files as sent, which is compressed."""


@pytest.fixture
def client() -> TestClient:
    return client_of(Settings())


def client_of(settings: Settings) -> TestClient:
    app = FastAPI()
    app.replica = SimpleNamespace(settings=settings)  # type: ignore[attr-defined]
    app.include_router(page)
    return TestClient(app, headers={"Accept-Encoding": "identity"})


def body_of(path: str) -> bytes:
    file = FOLDER / (path.removeprefix("/dashboard/") if path != "/" else "index.html")
    return without_comments(file.read_bytes(), file.suffix)


@pytest.mark.parametrize("path", PATHS)
def test_each_file_is_served_without_its_comments_under_a_policy_that_allows_nothing_else(
    client: TestClient, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == httpx.codes.OK
    assert answer.content == body_of(path)
    assert answer.headers["content-security-policy"] == policy_for(())
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_settings_say_which_pages_may_show_it_in_a_frame() -> None:
    with client_of(Settings.load(frame_ancestors="https://wiki.example.org")) as client:
        for path in PATHS:
            headers = client.get(path).headers
            assert headers["content-security-policy"].endswith("; frame-ancestors https://wiki.example.org")
            assert "x-frame-options" not in headers


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/", "text/html"), ("/dashboard/page.css", "text/css"), ("/dashboard/client.js", "text/javascript")],
)
def test_a_file_says_what_it_is(client: TestClient, path: str, media_type: str) -> None:
    assert client.get(path).headers["content-type"] == f"{media_type}; charset=utf-8"


def test_the_policy_allows_no_inline_script_no_eval_and_no_other_host() -> None:
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy_for(()).split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert {source for sources in rules.values() for source in sources} == {"'none'", "'self'", "data:"}
    assert [name for name, sources in rules.items() if "data:" in sources] == ["img-src"]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_client_with_the_file_gets_304_and_one_with_another_gets_it(client: TestClient, coding: str) -> None:
    first = client.get("/dashboard/page/page.js", headers={"Accept-Encoding": coding})
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = client.get("/dashboard/page/page.js", headers={"Accept-Encoding": coding, "If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == "no-cache"
    assert client.get("/dashboard/page/page.js", headers={"If-None-Match": '"other"'}).status_code == httpx.codes.OK


def test_a_client_that_can_gets_it_compressed_under_a_tag_of_its_own(client: TestClient) -> None:
    plain, packed = (client.get("/", headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip"))
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == "Accept-Encoding"
    assert all(gzip.decompress(asset.gzipped) == asset.body for asset in ASSETS.values())


@pytest.mark.parametrize("path", ["/", "/dashboard/page/page.js"])
def test_head_is_the_same_without_the_body(path: str) -> None:
    with TestClient(create_app()) as client:
        got, head = client.get(path), client.head(path)
    assert head.status_code == httpx.codes.OK
    assert head.content == b""
    assert {name: head.headers[name] for name in ("etag", "content-type", "content-length")} == {
        name: got.headers[name] for name in ("etag", "content-type", "content-length")
    }


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/",
        "/dashboard/nothing.js",
        "/dashboard/index.html",
        "/dashboard/__init__.py",
        "/dashboard/../main.py",
        "/dashboard/..%2fmain.py",
        "/dashboard/%2e%2e/%2e%2e/etc/passwd",
        "/dashboard/page/page.js%00.html",
    ],
)
def test_nothing_else_is_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == httpx.codes.NOT_FOUND


def test_all_of_it_is_small() -> None:
    assert sum(len(asset.gzipped) for asset in ASSETS.values()) <= MOST_BYTES


def test_every_file_of_the_folder_is_served_and_every_file_that_is_asked_for_is_there() -> None:
    files = {
        path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix not in {"", ".py", ".pyc"}
    }
    assert files == set(ASSETS)
    html = ASSETS["index.html"].body.decode()
    asked = set(re.findall(r'(?:src|href)="dashboard/([^"]+)"', html))
    for name in FILES:
        for imported in re.findall(r'from "(\.\.?/[^"]+)"', ASSETS[name].body.decode()):
            asked.add(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
    assert asked == set(FILES)


def test_the_page_holds_no_inline_script_or_style_and_nothing_of_another_host() -> None:
    html = ASSETS["index.html"].body.decode()
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", html) == []
    for name in ("index.html", "page.css", "rooms.css"):
        assert "//" not in ASSETS[name].body.decode().replace("/*", "").replace("*/", "")
    scripts = b"".join(ASSETS[name].body for name in FILES if name.endswith(".js")).decode()
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", scripts)


def test_no_file_of_the_page_is_over_300_lines() -> None:
    assert all(len((FOLDER / name).read_bytes().splitlines()) <= 300 for name in ASSETS)


def test_no_file_is_served_from_a_thread() -> None:
    endpoints = [route.endpoint for route in page.routes if isinstance(route, APIRoute)]
    assert len(endpoints) == 4
    assert all(inspect.iscoroutinefunction(endpoint) for endpoint in endpoints)


def test_the_page_is_not_part_of_the_documented_api() -> None:
    assert not [path for path in create_app().openapi()["paths"] if path == "/" or path.startswith("/dashboard")]
