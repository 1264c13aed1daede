"""The command `agent-status-gateway`. Its options are the settings, in lower case.

Keys come from the environment or a file.

Each command imports what it alone needs. So a replica starts half a second sooner without an HTTP client, and a reader
starts sooner without the server.
"""

import signal
from contextlib import ExitStack
from typing import Annotated

import typer

from agent_status_gateway.cli.command_end import NOT_IN_TIME, PROGRAM, KeyFileError, fail, key_of, reading, unwind
from agent_status_gateway.cli.embedded import EmbeddedError, embedded_server
from agent_status_gateway.cli.mcp.command_line import mcp
from agent_status_gateway.cli.notify.command_line import notify
from agent_status_gateway.cli.options import (
    DEFAULT_URL,
    AsJson,
    AskedView,
    Filter,
    KeyFile,
    Url,
    setting,
    takes_settings,
)
from agent_status_gateway.cli.terminal.goal import STATES, Goal
from agent_status_gateway.cli.terminal.output import OutputError, for_readers
from agent_status_gateway.server.sockets import ListeningError
from agent_status_gateway.settings import IngestSettings, Settings, SettingsError, renamed_settings

cli = typer.Typer(
    help="Show live what a fleet of AI agents is doing.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@cli.callback()
def warn_of_renamed_settings(context: typer.Context) -> None:
    """Show live what a fleet of AI agents is doing."""
    if context.invoked_subcommand not in ("serve", "ingest", "doctor"):  # these say so themselves, where they say more
        for sentence in renamed_settings():
            typer.echo(f"{PROGRAM}: {sentence}", err=True)


@cli.command()
@takes_settings(Settings)
def serve(
    *,
    embedded: Annotated[bool, typer.Option("--embedded", help="Start a Redis-compatible server as well.")] = False,
    **given: object,
) -> None:
    """Run one gateway replica."""
    from agent_status_gateway.main import create_app  # noqa: PLC0415
    from agent_status_gateway.server.serve import reraise_signal  # noqa: PLC0415
    from agent_status_gateway.server.serve import serve as run_server  # noqa: PLC0415
    from agent_status_gateway.telemetry.logs import log_config  # noqa: PLC0415

    before = signal.signal(signal.SIGTERM, unwind)  # until the server has handlers of its own
    try:
        with ExitStack() as stack:
            try:
                if embedded:
                    server = stack.enter_context(embedded_server())
                    given |= {"redis_url": server.url, "redis_password_file": ""}
                    simulation = ", a SIMULATION, not for production" if server.is_simulation else ""
                    typer.echo(f"Redis: {server.what}{simulation}; publish with REDIS_URL={server.url}", err=True)
                settings = Settings.load(**given)
                lines = log_config(settings.log_format, settings.log_level)
                ended_by = run_server(create_app(settings), host=settings.host, port=settings.port, log_config=lines)
            except (SettingsError, EmbeddedError, ListeningError) as error:
                fail(error)
    finally:
        signal.signal(signal.SIGTERM, before)
    if ended_by == signal.SIGTERM:
        reraise_signal(ended_by)


@cli.command()
@takes_settings(IngestSettings, prefix="ingest_")
def ingest(**given: object) -> None:
    """Receive status over HTTP from agents that are not written in Python, or that run on a command line.

    Run one per machine or network, beside the agents. `agent-status-hook install` configures an agent to use it.
    """
    from agent_status_gateway.ingest.app import create_ingest  # noqa: PLC0415
    from agent_status_gateway.server.serve import reraise_signal  # noqa: PLC0415
    from agent_status_gateway.server.serve import serve as run_server  # noqa: PLC0415
    from agent_status_gateway.telemetry.logs import log_config  # noqa: PLC0415

    try:
        settings = IngestSettings.load(**given)
        ended_by = run_server(
            create_ingest(settings),
            host=settings.ingest_host,
            port=settings.ingest_port,
            log_config=log_config(settings.log_format, settings.log_level),
            logs_requests=False,
        )
    except (SettingsError, ListeningError) as error:
        fail(error)
    if ended_by == signal.SIGTERM:
        reraise_signal(ended_by)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the gateway.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Number of worker processes.", min=0, max=50)] = 4,
) -> None:
    """Run a whole stack on this machine, with workers that do real work."""
    from rich.console import Console  # noqa: PLC0415

    from agent_status_gateway.cli.demo.stack import DemoError, run_demo  # noqa: PLC0415

    try:
        with for_readers():
            run_demo(Console(), port, workers)
    except (DemoError, EmbeddedError, ListeningError, OutputError) as error:
        fail(error)


@cli.command()
def show(
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    view: AskedView = None,
    matching: Filter = "",
    as_json: AsJson = False,
    group_by: Annotated[
        str | None,
        typer.Option(help="Print the sessions in groups, by channel, state, worker, host, parent or label.NAME."),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(help="Print more of each session: all, or names such as labels,parent,link with commas."),
    ] = None,
) -> None:
    """Print the snapshot once.

    While the gateway is not connected to Redis, this is its last snapshot, and a message on stderr says so.

    Exit status: 0 = success; 2 = wrong usage, or the gateway cannot be read.
    """
    from agent_status_gateway.cli.terminal.once.groups import parse_grouping  # noqa: PLC0415
    from agent_status_gateway.cli.terminal.once.listing import parse_asked_fields  # noqa: PLC0415
    from agent_status_gateway.cli.terminal.once.showing import show as print_once  # noqa: PLC0415

    with reading(url, key_file, view, shows_told=True) as reader:
        grouping = None if group_by is None else parse_grouping(group_by)
        print_once(reader, matching, as_json=as_json, grouping=grouping, fields=parse_asked_fields(fields))


@cli.command()
def workers(
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    matching: Annotated[
        str,
        typer.Option("--filter", help="Print only workers with all these words in host, pid, state, name or sessions."),
    ] = "",
    sort: Annotated[
        str | None,
        typer.Option(help="Sort by host, state (lost first), last-report, uptime or sessions. [default: host]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the workers: their machines, their sessions, and whether they are live, lost or have left.

    Exit status: 0 = success; 2 = wrong usage, or the gateway cannot be read.
    """
    from agent_status_gateway.cli.terminal.once.showing import show_workers  # noqa: PLC0415

    with reading(url, key_file) as reader:
        show_workers(reader, matching, order=sort, as_json=as_json)


@cli.command()
def watch(
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    view: AskedView = None,
    matching: Filter = "",
    as_json: AsJson = False,
    has_keys: Annotated[bool, typer.Option("--keys", help="On a terminal, show the keys in a line.")] = False,
) -> None:
    """Show the snapshot as it changes, until q or Ctrl-C.

    A terminal shows it live, and takes keys: arrows and page keys (or j and k) move, / filters, s sorts, Enter opens a
    session, Esc goes back, ? shows all keys, and q quits.

    A pipe gets one line per change: the local time, the subject (a session's key, `fleet` or `gateway`), and the
    change. With --json, each line is a whole snapshot, and changes of the connection or of Redis go to stderr. If the
    gateway does not answer, the command waits for it.

    Exit status: 0 = q, or the reader of the output is gone; 2 = wrong usage, wrong key, or not a gateway; 130 = Ctrl-C;
    143 = SIGTERM.
    """
    from agent_status_gateway.cli.terminal.watching import watch as stay  # noqa: PLC0415

    with reading(url, key_file, view, shows_told=True) as reader:
        stay(reader, matching, as_json=as_json, has_keys=has_keys)


@cli.command()
def link(
    view: AskedView = None,
    days: Annotated[int, typer.Option(help="Days until the link expires.", min=1, max=31)] = 1,
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
) -> None:
    """Print a link to the page that shows a part of the fleet, such as --view 'session=web:42', to all who have it.

    No store keeps links. To end one before it expires, remove or change its key: so give links a key of their own.

    Exit status: 0 = success; 2 = wrong usage, or the gateway gives no such link.
    """
    from agent_status_gateway.cli.share_link import DAY_SECONDS, share_link  # noqa: PLC0415

    with reading(url, key_file, view) as reader:
        typer.echo(share_link(reader.gateway, reader.view, days * DAY_SECONDS))


cli.command()(notify)
cli.command()(mcp)


@cli.command()
def doctor(
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    redis_url: Annotated[str | None, setting("redis_url")] = None,
    namespace: Annotated[str | None, setting("namespace")] = None,
    idle_seconds: Annotated[float, typer.Option(help="Seconds to watch an idle stream; 0 skips it.", min=0)] = 40.0,
) -> None:
    """Check the settings, Redis, and a stream through any proxies on the way, and say how to fix what is wrong.

    Exit status: 0 = all is well; 1 = something is wrong; 2 = wrong usage.
    """
    from agent_status_gateway.cli.doctor.examination import examine  # noqa: PLC0415

    try:
        settings = Settings.load(redis_url=redis_url, namespace=namespace)
        is_well = examine(url.rstrip("/"), key_of(key_file), settings, idle_seconds, typer.echo)
    except (SettingsError, KeyFileError) as error:
        fail(error)
    if not is_well:
        raise typer.Exit(1)


@cli.command()
def wait(
    state: Annotated[
        list[str], typer.Option(help=f"State to wait for: {', '.join(STATES)}. May be repeated: any of them.")
    ],
    session: Annotated[str | None, typer.Option(help="Key of the session to wait for. [default: any session]")] = None,
    timeout: Annotated[float | None, typer.Option(help="Give up after this many seconds. [default: never]")] = None,
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    view: AskedView = None,
) -> None:
    """Wait until the fleet, or a session, is in a state; print the line that says so.

    idle, active and degraded are states of the fleet; the others are states of a session. With --session, idle means
    that it is not open, active that it is open and not in error, and degraded that it is in error. With --view, all of
    this is about the sessions of the view: idle means that there is none. Stale snapshots do not count. If the gateway
    does not answer, the command waits for it.

    Exit status: 0 = the state was reached; 2 = wrong usage, wrong key, or not a gateway; 124 = timed out; 130 = Ctrl-C.
    """
    from agent_status_gateway.cli.terminal.watching import NotReachedError, wait_for  # noqa: PLC0415

    if wrong := sorted(set(state) - set(STATES)):
        fail(f"--state: {wrong[0]!r} is not a state; expected one of {', '.join(STATES)}")
    if timeout is not None and not timeout > 0:
        fail("--timeout must be greater than 0")
    with reading(url, key_file, view) as reader:
        try:
            wait_for(reader, Goal(states=frozenset(state), session_key=session, view=reader.view), timeout)
        except NotReachedError as error:
            typer.echo(f"{PROGRAM}: {error}", err=True)
            raise typer.Exit(NOT_IN_TIME) from None
