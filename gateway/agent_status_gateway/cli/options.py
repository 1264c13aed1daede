"""Options that several commands share, and options that are settings."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from agent_status_gateway.settings import IngestSettings, Settings
from agent_status_publisher.contract.setting_names import API_KEY, GATEWAY_URL

DEFAULT_URL: Final = "http://localhost:8000"

Url = Annotated[str, typer.Option(help="A gateway's address.", envvar=GATEWAY_URL)]
KeyFile = Annotated[Path | None, typer.Option(help=f"A file that holds the key. [default: {API_KEY}]")]
Filter = Annotated[
    str,
    typer.Option("--filter", help="Only sessions with this text in key, channel, name, state or tool."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Snapshots as JSON, one a line.")]


def setting(name: str) -> Any:
    """An option for a setting; unset, the environment and then the default hold."""
    field = Settings.model_fields[name]
    default = ",".join(field.default) if isinstance(field.default, tuple) else field.default or "none"
    return typer.Option(f"--{name.replace('_', '-')}", help=f"{field.description} [default: {default}]")


def ingest_setting(name: str) -> Any:
    """The same for ingest's, whose options need not say so."""
    field = IngestSettings.model_fields[name]
    option = name.removeprefix("ingest_").replace("_", "-")
    return typer.Option(f"--{option}", help=f"{field.description} [default: {field.default}]")
