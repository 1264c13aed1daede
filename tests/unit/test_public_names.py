"""What users import and type: these names stay, or a release says that they went."""

import ast
import importlib
from pathlib import Path
from typing import Final

import pytest
from typer.main import get_command

import agent_status_gateway
import agent_status_publisher
from agent_status_gateway.cli.commands import cli

IMPORTED: Final = {
    "agent_status_publisher": [
        *("ConfigurationError", "InvalidCallError", "PublisherError", "RedisUnavailableError"),
        *("Session", "SessionState", "StatusPublisher"),
    ],
    "agent_status_publisher.testing": ["Change", "RecordingPublisher"],
    "agent_status_publisher.integrations": ["status_key"],
    "agent_status_gateway": ["app", "create_app"],
    "agent_status_gateway.main": ["app", "create_app"],
    "agent_status_gateway.server.connection": ["Connection"],
    "agent_status_gateway.settings": ["Settings"],
}


@pytest.mark.parametrize("module", IMPORTED)
def test_these_names_can_be_imported(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in IMPORTED[module] if not hasattr(found, name)] == []


@pytest.mark.parametrize("package", [agent_status_publisher, agent_status_gateway])
def test_a_package_exports_these_names_and_no_others(package: object) -> None:
    assert sorted(package.__all__) == IMPORTED[package.__name__]  # type: ignore[attr-defined]


def test_each_bridge_is_imported_by_its_own_name() -> None:
    named = {
        *("claude_agent_sdk", "crewai", "langchain", "openai_agents", "opentelemetry", "pocketpaw", "pydantic_ai"),
        *("followed", "key", "openai_traces", "runs", "spans"),
    }
    (folder,) = importlib.import_module("agent_status_publisher.integrations").__path__
    places = [*Path(folder).glob("*.py"), *(init.parent for init in Path(folder).glob("*/__init__.py"))]
    assert {place.stem for place in places} - {"__init__"} == named


def test_the_bridge_of_opentelemetry_has_these_names() -> None:
    """Read, not imported: it needs OpenTelemetry's SDK."""
    (folder,) = importlib.import_module("agent_status_publisher.integrations").__path__
    tree = ast.parse((Path(folder) / "opentelemetry.py").read_text("utf-8"))
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes == {"StatusSpanProcessor", "RecordingSampler"}


def test_the_command_has_these_commands() -> None:
    commands = vars(get_command(cli))["commands"]
    assert sorted(commands) == [
        *("demo", "doctor", "ingest", "link", "mcp", "notify", "serve", "show", "wait", "watch", "workers")
    ]
