"""How a command ends: with a status for scripts, a sentence on stderr, and the terminal as it was."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from agent_status_gateway.cli.reading.given_file import GivenFileError, read_given_file
from agent_status_gateway.cli.terminal.output import OutputError, for_readers
from agent_status_gateway.settings import SettingsError, api_key

PROGRAM: Final = "agent-status-gateway"
NOT_IN_TIME: Final = 124
"""Exit status when a time limit ends the command, as for timeout(1)."""

ENDING: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that end a command: a stop, and a terminal that was closed. Windows has no SIGHUP."""

if TYPE_CHECKING:
    from agent_status_gateway.cli.reader import Reader


class KeyFileError(Exception):
    """The file with the key cannot be read. The message names the option and the file."""


@contextmanager
def reading(
    url: str, key_file: Path | None, view: str | None = None, *, shows_told: bool = False
) -> Iterator["Reader"]:
    """Reader for one command, which ends with a status for scripts and leaves the terminal as it was.

    Args:
        url: Address of the gateway.
        key_file: File with the key.
        view: What `--view` was given.
        shows_told: True if the command shows which sessions are stalled and which have ended.
    """
    from agent_status_gateway.cli.reader import Reader  # noqa: PLC0415
    from agent_status_gateway.cli.reading.asked_view import parse_asked_view  # noqa: PLC0415
    from agent_status_gateway.cli.reading.problems import ReaderError  # noqa: PLC0415

    # Not what the shell has us ignore, as nohup(1) does.
    ends = [number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, unwind) for number in ends}
    try:
        with for_readers():
            yield Reader(url, key_of(key_file), parse_asked_view(view, shows_told=shows_told))
    except (ReaderError, KeyFileError, SettingsError, OutputError) as error:
        fail(error)
    except KeyboardInterrupt:
        raise typer.Exit(128 + signal.SIGINT) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def unwind(number: int, _frame: FrameType | None) -> NoReturn:
    """End by way of everything that has to be taken away, such as the embedded server."""
    sys.exit(128 + number)


def key_of(key_file: Path | None) -> str | None:
    """Key from the file or the environment. No option takes one, since process lists show options.

    Raises:
        KeyFileError: The file cannot be read.
    """
    if key_file is None:
        return api_key()
    try:
        key = read_given_file(key_file).strip()
    except GivenFileError as error:
        raise KeyFileError(f"--key-file must be a file with the key: {error}") from None
    if not key:
        raise KeyFileError(f"--key-file must be a file with the key: {key_file} is empty")
    return key


def fail(error: Exception | str) -> NoReturn:
    """Say why on stderr, and end with the status of a wrong usage."""
    typer.echo(f"{PROGRAM}: {error}", err=True)
    raise typer.Exit(2)
