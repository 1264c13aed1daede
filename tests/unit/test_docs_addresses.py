"""The paths and the local ports that the documents name, held against what the gateway serves and the docs start."""

import re
from pathlib import Path
from typing import Final

import pytest

from agent_status_gateway.main import create_app
from agent_status_gateway.settings import IngestSettings, Settings
from agent_status_publisher.settings import DEFAULT_REDIS_URL
from tests.support.documents import DOCUMENTS, ROOT

API: Final = "/api/"
LOCAL: Final = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])"
STARTED: Final = r"(?:http\.server|--port) (\d+)"
"""What starts something at a port in a command of a document."""
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@each_document
def test_every_path_of_an_api_is_one_that_the_gateway_answers(document: Path) -> None:
    named = {path.rstrip(".") for path in re.findall(rf"{API}[\w./{{}}-]*", document.read_text("utf-8"))}
    assert named <= {path for path in create_app().openapi()["paths"] if path.startswith(API)}


@each_document
def test_every_local_port_is_one_that_is_started(document: Path) -> None:
    text = document.read_text("utf-8")
    ours = (Settings.model_fields["port"].default, IngestSettings.model_fields["ingest_port"].default)
    started = {*map(str, ours), *re.findall(r":(\d+)", DEFAULT_REDIS_URL), *re.findall(STARTED, text)}
    assert set(re.findall(rf"{LOCAL}:(\d+)", text)) <= started
