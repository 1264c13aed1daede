"""The `agent-status` command. Its options are the settings, in lower case; keys come from the environment or a file.

What only one command needs is imported there: a replica starts half a second sooner without an HTTP client.
"""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final, NoReturn

import orjson
import typer

from gateway.embedded import EmbeddedError, embedded_server
from gateway.listening import ListeningError
from gateway.main import create_app
from gateway.server import die_of
from gateway.server import serve as run_server
from gateway.settings import PREFIX, Settings, SettingsError

DEFAULT_URL: Final = "http://localhost:8000"


class KeyFileError(Exception):
    """The file with the key cannot be read."""


cli = typer.Typer(
    help="One live picture of what a fleet of AI agents is doing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def setting(name: str) -> Any:
    """An option for a setting; unset, the environment and then the default hold."""
    field = Settings.model_fields[name]
    default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
    return typer.Option(f"--{name.replace('_', '-')}", help=f"{field.description} [default: {default}]")


@cli.command()
def serve(
    host: Annotated[str | None, setting("host")] = None,
    port: Annotated[int | None, setting("port")] = None,
    redis_url: Annotated[str | None, setting("redis_url")] = None,
    namespace: Annotated[str | None, setting("namespace")] = None,
    cors_origins: Annotated[str | None, setting("cors_origins")] = None,
    debounce_seconds: Annotated[float | None, setting("debounce_seconds")] = None,
    keepalive_seconds: Annotated[float | None, setting("keepalive_seconds")] = None,
    drain_seconds: Annotated[float | None, setting("drain_seconds")] = None,
    max_clients: Annotated[int | None, setting("max_clients")] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="Bring a Redis-compatible server along.")] = False,
) -> None:
    """Run one gateway replica."""
    given: dict[str, object] = {
        "host": host,
        "port": port,
        "redis_url": redis_url,
        "namespace": namespace,
        "cors_origins": cors_origins,
        "debounce_seconds": debounce_seconds,
        "keepalive_seconds": keepalive_seconds,
        "drain_seconds": drain_seconds,
        "max_clients": max_clients,
    }
    before = signal.signal(signal.SIGTERM, _unwind)  # until the server has handlers of its own
    try:
        with ExitStack() as stack:
            try:
                if embedded:
                    server = stack.enter_context(embedded_server())
                    given["redis_url"] = server.url
                    simulation = ", a SIMULATION: not for production" if server.is_simulation else ""
                    typer.echo(f"Redis: {server.what}{simulation}; publish with REDIS_URL={server.url}", err=True)
                settings = Settings.load(**given)
                ended_by = run_server(create_app(settings), host=settings.host, port=settings.port)
            except (SettingsError, EmbeddedError, ListeningError) as error:
                _fail(error)
    finally:
        signal.signal(signal.SIGTERM, before)
    if ended_by == signal.SIGTERM:
        die_of(ended_by)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the gateway.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=0, max=50)] = 4,
) -> None:
    """Bring up a whole stack on this machine, with workers that do real work."""
    from rich.console import Console  # noqa: PLC0415

    from gateway.demo.stack import DemoError, run_demo  # noqa: PLC0415

    try:
        run_demo(Console(), port, workers)
    except (DemoError, EmbeddedError, ListeningError) as error:
        _fail(error)


@cli.command()
def show(
    url: Annotated[str, typer.Option(help="A gateway's address.")] = DEFAULT_URL,
    key_file: Annotated[Path | None, typer.Option(help="A file that holds the key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The snapshot as JSON.")] = False,
) -> None:
    """Print the picture once."""
    from rich.console import Console  # noqa: PLC0415

    from gateway.reader import ReaderError, read_snapshot  # noqa: PLC0415
    from gateway.terminal import render  # noqa: PLC0415

    try:
        snapshot = read_snapshot(url.rstrip("/"), _key(key_file))
    except (ReaderError, KeyFileError) as error:
        _fail(error)
    if as_json:
        typer.echo(orjson.dumps(snapshot).decode())
    else:
        Console().print(render(snapshot))


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    """End by way of everything that has to be taken away, such as the embedded server."""
    sys.exit(128 + number)


def _key(key_file: Path | None) -> str | None:
    """From the file or the environment, never an option: process lists show those."""
    if key_file is None:
        return os.environ.get(f"{PREFIX}API_KEY")
    try:
        return key_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"--key-file: {error}") from None


def _fail(error: Exception) -> NoReturn:
    typer.echo(f"agent-status: {error}", err=True)
    raise typer.Exit(2)
