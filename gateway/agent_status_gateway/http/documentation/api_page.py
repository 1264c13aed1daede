"""The API's own documentation at `/docs`: a plain page, made here from the OpenAPI document.

It has no script, so it needs nobody else's, and works without the internet. Its links are relative, so it works behind
any path prefix. Its policy gives it an origin of its own (`sandbox`), so that nothing on it could read the dashboard's
session storage, in which a key may be.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request, Response

STYLE: Final = Path(__file__).with_name("api_page.css").read_text("utf-8")
STYLE_DIGEST: Final = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
SCHEMAS: Final = "#/components/schemas/"
Json = Mapping[str, Any]

api_page = APIRouter(include_in_schema=False)


@api_page.head("/docs")
@api_page.get("/docs")
async def docs(request: Request) -> Response:
    """Serve the page. It needs no key, since it shows nothing of any agent."""
    # The prefix comes from the server's configuration and not from a request, so there are few pages.
    pages: dict[str, str] = request.app.state.__dict__.setdefault("api_pages", {})
    prefix = request.scope.get("root_path", "").rstrip("/")
    if prefix not in pages:
        pages[prefix] = render(request.app.openapi(), prefix)
    return Response(pages[prefix], media_type="text/html", headers=HEADERS)


def render(document: Json, prefix: str = "") -> str:
    """Make the page.

    Args:
        document: The OpenAPI document.
        prefix: The path under which the API is served, in front of each path that is shown.
    """
    info = document["info"]
    schemas = document.get("components", {}).get("schemas", {})
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{escape(info["title"])}: API</title><link rel="icon" href="data:,">',
            f"<style>{STYLE}</style></head><body>",
            f"<h1>{escape(info['title'])} <small class=quiet>{escape(info['version'])}</small></h1>",
            _paragraph(info.get("summary", "")),
            '<p>For programs: <a href="openapi.json">openapi.json</a></p>',
            "<h2>Requests</h2>",
            *(
                _operation(document, method, prefix + path, operation)
                for path, methods in document["paths"].items()
                for method, operation in methods.items()
            ),
            *(["<h2>Schemas</h2>"] if schemas else []),
            *(_schema(name, schema) for name, schema in schemas.items()),
            "</body></html>",
        ]
    )


def _operation(document: Json, method: str, path: str, operation: Json) -> str:
    parameters = [*_keys(document, operation), *operation.get("parameters", [])]
    bodies = operation.get("requestBody", {}).get("content", {})
    answers = sorted(operation.get("responses", {}).items())
    return "\n".join(
        [
            f"<section><h3><code class=method>{escape(method.upper())}</code><code>{escape(path)}</code></h3>",
            _paragraph(operation.get("summary", "")),
            _paragraph(operation.get("description", ""), "quiet"),
            _table(
                ("Parameter", "In", "Type", "Meaning"),
                [
                    [
                        f"<code>{escape(parameter['name'])}</code>",
                        escape(parameter["in"]) + _required(is_required=parameter.get("required", False)),
                        _type(parameter["schema"]),
                        _text(parameter.get("description", "")),
                    ]
                    for parameter in parameters
                ],
            ),
            *(f"<p>Body: {escape(kind)}, {_type(body['schema'])}</p>" for kind, body in bodies.items()),
            _table(("Answer", "Body", "Meaning"), [_answer(status, answer) for status, answer in answers]),
            "</section>",
        ]
    )


def _answer(status: str, answer: Json) -> list[str]:
    bodies = [
        escape(kind) + (f", {_type(content['schema'])}" if content.get("schema") else "")
        for kind, content in answer.get("content", {}).items()
    ]
    described = answer.get("description", "")
    meaning = HTTPStatus(int(status)).phrase if described == "Successful Response" else described
    return [f"<code>{escape(status)}</code>", "<br>".join(bodies), _text(meaning)]


def _keys(document: Json, operation: Json) -> Iterator[Json]:
    """Describe the places for a key as parameters."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    for requirement in operation.get("security", []):
        for scheme in (schemes[name] for name in requirement):
            yield scheme | {"schema": {"type": "string"}}


def _schema(name: str, schema: Json) -> str:
    fields = schema.get("properties", {})
    required = schema.get("required", [])
    rows = [
        [
            f"<code>{escape(field)}</code>",
            _type(of) + _required(is_required=field in required),
            _text(of.get("description", "")),
        ]
        for field, of in fields.items()
    ]
    return "\n".join(
        [
            f'<section id="{escape(name)}"><h3>{escape(name)}</h3>',
            _paragraph(schema.get("description", ""), "quiet"),
            _table(("Field", "Type", "Meaning"), rows) if fields else f"<p>{_type(schema)}</p>",
            "</section>",
        ]
    )


def _type(schema: Json) -> str:
    """Describe the values that fit a schema, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(SCHEMAS))
        return f'<a href="#{name}">{name}</a>'
    if kinds := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return " or ".join(_type(kind) for kind in kinds)
    if values := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in values)
    name = schema.get("type", "anything")
    return f"list of {_type(schema.get('items', {}))}" if name == "array" else escape(name)


def _required(*, is_required: bool) -> str:
    return " <span class=quiet>(required)</span>" if is_required else ""


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th scope=col>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{_text(text)}</p>' if text else ""


def _text(text: str) -> str:
    """Text as HTML, with code where it has backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
