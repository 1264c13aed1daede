"""The command `agent-status-gateway notify`. It imports what it needs when it runs: so other commands start soon."""

import logging
import logging.config
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from agent_status_gateway.cli.command_end import KeyFileError, fail, key_of
from agent_status_gateway.cli.options import DEFAULT_URL, KeyFile, Url, setting
from agent_status_gateway.settings import RedisSettings, SettingsError
from agent_status_publisher.contract.setting_names import PREFIX
from agent_status_publisher.contract.wire import Keys

if TYPE_CHECKING:
    from agent_status_gateway.cli.notify.ledger.ledger import Ledger
    from agent_status_gateway.cli.notify.metrics import Metrics
    from agent_status_gateway.cli.notify.notifier import End
    from agent_status_gateway.state.views.view import View

REDIS_URL: Final = f"{PREFIX}REDIS_URL"
STATE_FILE: Final = Path("agent-status", "notify.sqlite")
"""The file of the ledger, below the folder for the state of programs."""


def notify(
    rules: Annotated[Path, typer.Argument(help="File of rules, in TOML.")],
    url: Url = DEFAULT_URL,
    key_file: KeyFile = None,
    redis_url: Annotated[
        str | None,
        typer.Option(help="Redis that remembers what was told, for several notifiers.", envvar=REDIS_URL),
    ] = None,
    redis_password_file: Annotated[str | None, setting("redis_password_file")] = None,
    namespace: Annotated[str | None, setting("namespace")] = None,
    state: Annotated[
        Path | None,
        typer.Option(help=f"File that remembers what was told, without Redis. [default: $XDG_STATE_HOME/{STATE_FILE}]"),
    ] = None,
    state_home: Annotated[Path | None, typer.Option(envvar="XDG_STATE_HOME", hidden=True)] = None,
    metrics_port: Annotated[
        int | None, typer.Option(help="Port of this machine for metrics. [default: none]", min=1, max=65535)
    ] = None,
    metrics_host: Annotated[str, typer.Option(help="Address to listen on for metrics.")] = "127.0.0.1",
    *,
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="Tell what was due before the start as well, if it is still true.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Send a test message to each target, say what became of it, and end.")
    ] = False,
) -> None:
    """Tell people what needs them, by the rules of a file, until SIGTERM or Ctrl-C.

    Each thing is told once, over restarts, and by all notifiers that share a Redis. Nothing is told of a snapshot
    that is not current.

    Exit status: 0 = stopped, or each target took the test message; 1 = a target did not; 2 = wrong usage, wrong rules,
    wrong key, or not a gateway.
    """
    from agent_status_gateway.cli.notify.delivery import Delivery  # noqa: PLC0415
    from agent_status_gateway.cli.notify.ledger.ends_first import EndsFirst  # noqa: PLC0415
    from agent_status_gateway.cli.notify.ledger.ledger import LedgerError  # noqa: PLC0415
    from agent_status_gateway.cli.notify.metrics import Metrics  # noqa: PLC0415
    from agent_status_gateway.cli.notify.notifier import End, Notifier  # noqa: PLC0415
    from agent_status_gateway.cli.notify.rules.rule_file import RuleFileError, parse_rule_file  # noqa: PLC0415
    from agent_status_gateway.cli.notify.rules.toml_text import MOST_BYTES  # noqa: PLC0415
    from agent_status_gateway.cli.notify.targets.sent import TargetError  # noqa: PLC0415
    from agent_status_gateway.cli.notify.targets.targets import make_targets  # noqa: PLC0415
    from agent_status_gateway.cli.notify.trial import try_targets  # noqa: PLC0415
    from agent_status_gateway.cli.reader import Reader  # noqa: PLC0415
    from agent_status_gateway.cli.reading.given_file import GivenFileError, read_given_file  # noqa: PLC0415
    from agent_status_gateway.cli.reading.problems import ReaderError  # noqa: PLC0415
    from agent_status_gateway.telemetry.logs import log_config  # noqa: PLC0415

    logging.config.dictConfig(log_config())
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines name addresses, which are secrets here
    try:
        written = parse_rule_file(read_given_file(rules, MOST_BYTES))
        targets = make_targets(written.targets)
        if check:
            if not try_targets(targets, written.page_url, typer.echo):
                raise typer.Exit(1)
            return
        ledger = EndsFirst(
            _file_ledger(state, state_home)
            if redis_url is None
            else _redis_ledger(redis_url, redis_password_file, namespace)
        )
        metrics = Metrics()
        if metrics_port is not None:
            _serve(metrics, metrics_port, metrics_host)
        deliveries = {
            name: Delivery(name, target, ledger, metrics, written.page_url) for name, target in targets.items()
        }

        def make_reader(view: "View") -> Reader:
            try:
                return Reader(url, key_of(key_file), view)
            except (KeyFileError, SettingsError) as error:
                raise ReaderError(str(error)) from None

        notifier = Notifier(written, make_reader, deliveries, ledger, metrics, catches_up=catch_up)
        end = End()
        with _stopping(end):
            notifier.run(end)
    except (RuleFileError, TargetError) as error:
        fail(f"{rules}: {error}")
    except (GivenFileError, ReaderError, SettingsError, LedgerError) as error:
        fail(error)


def _serve(metrics: "Metrics", port: int, host: str) -> None:
    try:
        metrics.serve(port, host)
    except (socket.gaierror, UnicodeError):  # of a name that no host can have, such as a..b
        fail(f"--metrics-host must be an address of this machine, not {host!r}")
    except OSError as error:
        fail(f"--metrics-port: {host}:{port} cannot be listened on: {error.strerror or type(error).__name__}")


def _file_ledger(state: Path | None, state_home: Path | None) -> "Ledger":
    """Open the file; without a setting in the folder that the XDG Base Directory Specification names."""
    from agent_status_gateway.cli.notify.ledger.boot import this_boot  # noqa: PLC0415
    from agent_status_gateway.cli.notify.ledger.file_ledger import FileLedger  # noqa: PLC0415
    from agent_status_gateway.cli.notify.ledger.ledger import LedgerError  # noqa: PLC0415

    try:
        file = state or (state_home or Path.home() / ".local" / "state") / STATE_FILE
        return FileLedger(file, boot=this_boot())
    except LedgerError as error:
        raise LedgerError(f"--state must be a file that the notifier can write: {error}") from None
    except RuntimeError:
        raise LedgerError("--state must be given, since this user has no home folder") from None


def _redis_ledger(redis_url: str, password_file: str | None, namespace: str | None) -> "Ledger":
    from agent_status_gateway.cli.notify.ledger.redis_ledger import RedisLedger  # noqa: PLC0415
    from agent_status_gateway.feed.redis_client import RedisClient  # noqa: PLC0415

    settings = RedisSettings.load(redis_url=redis_url, redis_password_file=password_file, namespace=namespace)
    keys = Keys(settings.namespace)
    return RedisLedger(lambda: RedisClient(settings.redis_url, keys, settings.redis_password_file), keys)


@contextmanager
def _stopping(end: "End") -> Iterator[None]:
    """Have signals ask for the end. A second signal ends at once."""
    before = {int(number): signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, before[number])
        end.set()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
