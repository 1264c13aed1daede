"""The command `agent-status-gateway mcp`. It imports what it needs when it runs: so other commands start soon."""

import logging
import logging.config
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from agent_status_gateway.cli.command_end import KeyFileError, fail, key_of
from agent_status_gateway.cli.options import DEFAULT_URL, KeyFile, Url
from agent_status_gateway.settings import SettingsError

if TYPE_CHECKING:
    from agent_status_gateway.cli.reading.requests import Gateway

EXTRA: Final = "the extra [mcp] is missing or too old: pip install 'agent-status-gateway[mcp]'"
BEARER: Final = "bearer "


def mcp(
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    port: Annotated[
        int | None, typer.Option(help="Port for streamable HTTP at /mcp. [default: none: stdio]", min=1, max=65535)
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on, with --port.")] = "127.0.0.1",
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="Host, with its port, that requests may be for besides this machine. May be repeated."),
    ] = None,
) -> None:
    """Let agents ask what other agents do, by the Model Context Protocol: read-only tools over stdio or HTTP.

    Over stdio the key is that of this command. Over HTTP each client sends its own, as `Authorization: Bearer KEY` or
    `X-Status-Key`, and sees what that key may see.

    Exit status: 0 = the client has ended; 2 = wrong usage.
    """
    try:
        from agent_status_gateway.cli.mcp.server import make_server  # noqa: PLC0415
    except ImportError:
        fail(EXTRA)
    from agent_status_gateway.cli.mcp.http_hosts import WrongHostError, allowed_hosts  # noqa: PLC0415
    from agent_status_gateway.cli.reading.problems import ReaderError  # noqa: PLC0415
    from agent_status_gateway.cli.reading.requests import Gateway  # noqa: PLC0415
    from agent_status_gateway.telemetry.logs import log_config  # noqa: PLC0415

    logging.config.dictConfig(log_config(level="warning"))
    try:
        key = key_of(key_file)
        own = Gateway(url, key)
    except (ReaderError, KeyFileError, SettingsError) as error:
        fail(error)
    if port is None:
        make_server(lambda _headers: own).run("stdio")
        return
    if key is not None:
        fail("with --port each client sends a key of its own: leave --key-file and AGENT_STATUS_API_KEY out")
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415

    try:
        hosts = allowed_hosts(port, allowed_host or ())
    except WrongHostError as error:
        fail(error)

    def gateway_of(headers: Mapping[str, str]) -> "Gateway":
        return Gateway(url, _key_in(headers))

    make_server(gateway_of).run(
        "streamable-http",
        host=host,
        port=port,
        stateless_http=True,
        transport_security=TransportSecuritySettings(allowed_hosts=hosts),
    )


def _key_in(headers: Mapping[str, str]) -> str | None:
    """The key that a client has sent; None without one."""
    given = {name.lower(): value for name, value in headers.items()}
    bearer = given.get("authorization", "")
    if bearer.lower().startswith(BEARER):
        return bearer[len(BEARER) :].strip()
    return given.get("x-status-key")
