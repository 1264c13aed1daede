"""The API's own documentation, as a plain page."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from agent_status_gateway.http.documentation.api_page import HEADERS, render
from agent_status_gateway.ingest.app import create_ingest
from agent_status_gateway.main import create_app
from agent_status_gateway.settings import IngestSettings

DOCUMENTS = {"the gateway": create_app().openapi(), "ingest": create_ingest(IngestSettings.load()).openapi()}
HOSTILE = "<script>alert(1)</script>\" onload='x'"


class Seen(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [value for _, found in self.elements if (value := found.get(attribute)) is not None]


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENTS[request.param]
    return found


def test_every_request_is_there_with_its_parameters_and_answers(document: dict[str, Any]) -> None:
    text = Seen(render(document, "/agents")).text
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            section = text.partition(f"{method.upper()}/agents{path}\n")[2]
            assert section.lstrip().startswith(operation["summary"])
            for name in (*(one["name"] for one in operation.get("parameters", [])), *operation["responses"]):
                assert name in section


def test_every_schema_and_field_is_there(document: dict[str, Any]) -> None:
    text = Seen(render(document)).text
    for name, schema in document["components"]["schemas"].items():
        section = text.rpartition(f"\n{name}\n")[2]
        assert all(field in section for field in schema.get("properties", {}))


def test_every_link_leads_to_a_place_on_the_page_or_beside_it(document: dict[str, Any]) -> None:
    seen = Seen(render(document))
    links = set(seen.values("href")) - {"data:,"}
    assert links <= {f"#{name}" for name in seen.values("id")} | {"openapi.json"}
    assert "openapi.json" in links


def test_nothing_comes_from_elsewhere_and_nothing_is_run(document: dict[str, Any]) -> None:
    html = render(document)
    seen = Seen(html)
    assert not {tag for tag, _ in seen.elements} & {"script", "iframe", "img", "object", "form", "base"}
    assert not seen.values("src")
    assert not [name for _, found in seen.elements for name in found if name.startswith("on")]
    assert not re.findall(r"https?:|//", html)


def test_the_policy_allows_no_script_and_gives_the_page_an_origin_of_its_own() -> None:
    policy = dict(part.strip().partition(" ")[::2] for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["sandbox"] == ""
    assert "script-src" not in policy
    assert "'unsafe-inline'" not in policy["style-src"]


def test_text_of_the_document_is_shown_as_text() -> None:
    document = {
        "info": {"title": HOSTILE, "version": HOSTILE, "summary": HOSTILE},
        "paths": {
            f"/{HOSTILE}": {
                "get": {
                    "summary": HOSTILE,
                    "description": HOSTILE,
                    "parameters": [
                        {"name": HOSTILE, "in": HOSTILE, "description": HOSTILE, "schema": {"enum": [HOSTILE]}},
                        {"name": "x", "in": "path", "required": True, "schema": {"$ref": f"#/{HOSTILE}"}},
                    ],
                    "responses": {"200": {"description": HOSTILE, "content": {HOSTILE: {"schema": {"type": HOSTILE}}}}},
                }
            }
        },
        "components": {"schemas": {HOSTILE: {"description": HOSTILE, "properties": {HOSTILE: {"const": HOSTILE}}}}},
    }
    seen = Seen(render(document, HOSTILE))
    assert "script" not in {tag for tag, _ in seen.elements}
    assert not seen.values("onload")
    assert seen.text.count(HOSTILE) == 20


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string"}, "string"),
        ({"$ref": "#/components/schemas/Ticket"}, "Ticket"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"enum": ["status", "all"], "type": "string"}, "status or all"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Row"}}, "list of Row"),
        ({"type": "array"}, "list of anything"),
        ({}, "anything"),
    ],
)
def test_a_type_is_described_in_words(schema: dict[str, Any], shown: str) -> None:
    fields = {"field": schema}
    document = {
        "info": {"title": "", "version": ""},
        "paths": {},
        "components": {"schemas": {"One": {"properties": fields}}},
    }
    assert Seen(render(document)).text.rstrip().endswith(f"Meaningfield{shown}")
