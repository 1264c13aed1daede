"""`agent-status-hook install CLI` and `uninstall`, which add our hooks to an agent's settings and remove them.

The rest of the file stays as it is.
"""

import argparse
import contextlib
import difflib
import os
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent_status_publisher.contract.setting_names import renamed
from agent_status_publisher.hooks.names import DEFAULT_URL
from agent_status_publisher.hooks.settings.cli_version import ask_version, parse_version, show_version
from agent_status_publisher.hooks.settings.clis import CLIS, Cli, Version
from agent_status_publisher.hooks.settings.command_line import NoCommandError, command_line
from agent_status_publisher.hooks.settings.entries import SettingsFileError, installed, uninstalled
from agent_status_publisher.hooks.settings.json_text import indent_of, parse, to_text
from agent_status_publisher.hooks.settings.settings_file import read, replace

DONE: Final = 0
NOT_WRITTEN: Final = 1
FAILED: Final = 2


def main(arguments: list[str]) -> int:
    """Show the changes to the settings file, ask for consent, and write it."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a closed stream is None, and one in a test may have no encoding
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for sentence in renamed(os.environ):
        _warn(sentence)
    cli = CLIS[options.cli]
    file = options.file
    try:
        file = Path(file or cli.file()).expanduser()
        status, sentence = _change(cli, file, options)
    except (SettingsFileError, NoCommandError, OSError, RuntimeError) as error:  # RuntimeError: no home folder is known
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _warn(f"{file or cli.title}: {reason}. Nothing was changed.")
        return FAILED
    _say(sentence)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agent-status-hook",
        description="Put a command-line agent on the dashboard. `install` writes hooks into its settings, and "
        "`uninstall` takes them out.",
    )
    parser.add_argument("what", choices=("install", "uninstall"))
    parser.add_argument("cli", choices=sorted(CLIS))
    parser.add_argument(
        "--url",
        type=_address,
        default=DEFAULT_URL,
        help=f"where `agent-status-gateway ingest` listens ({DEFAULT_URL})",
    )
    parser.add_argument("--file", type=Path, help="the settings file, if it is not the CLI's usual one")
    parser.add_argument(
        "--cli-version", type=_version, help="the CLI's version, if its own `--version` does not answer, or not for it"
    )
    parser.add_argument("--yes", action="store_true", help="write without asking")
    return parser


def _change(cli: Cli, file: Path, options: argparse.Namespace) -> tuple[int, str]:
    text = read(file)
    before = parse(text)
    if options.what == "install":
        events = _events(cli, options.cli_version)
        after = installed(before, cli, events, command_line(cli.name, options.url.rstrip("/")))
    else:
        after = uninstalled(before, cli)
    indent = indent_of(text)
    now, then = to_text(before, indent), to_text(after, indent)
    if now == then:
        return DONE, f"{file} needs no change."
    _say(_difference(file, now if before else "", then))
    if not options.yes and not _agreed(file):
        return NOT_WRITTEN, "Nothing was written."
    if read(file) != text:
        raise SettingsFileError("it was changed by somebody else in the meantime; try again")
    replace(file, then + "\n")
    return DONE, f"{file} is written.{' ' + cli.note if cli.note and options.what == 'install' else ''}"


def _events(cli: Cli, version: Version | None) -> list[str]:
    """Return the events that the installed version knows."""
    if cli.complete == cli.first:
        return list(cli.events)
    version = version or ask_version(cli.program)
    if version is None:
        _warn(
            f"`{cli.program} --version` gave no answer. Only hooks that {cli.title} {show_version(cli.assumed)} knows "
            f"are installed. Name its version with `--cli-version`: from {show_version(cli.complete)} on it knows all."
        )
        version = cli.assumed
    elif version < cli.first:
        raise SettingsFileError(
            f"{cli.title} {show_version(cli.first)} or newer is needed, and this is {show_version(version)}"
        )
    elif version < cli.complete:
        left_out = ", ".join(sorted(set(cli.events) - set(cli.known(version))))
        _warn(
            f"{cli.title} {show_version(version)} does not know {left_out}: left out. Install again when it is "
            f"{show_version(cli.complete)} or newer."
        )
    return cli.known(version)


def _address(text: str) -> str:
    """Check an address now: the hook itself says nothing if it reaches nobody."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or any(character in "@?# " or not character.isprintable() for character in text):
        shown = "" if "@" in text else f", not {text!r}"  # before an @ there may be a password
        raise argparse.ArgumentTypeError(f"must be an address such as {DEFAULT_URL}, without a user or a query{shown}")
    return text


def _version(text: str) -> Version:
    version = parse_version(text)
    if version is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a version such as 2.1.101")
    return version


def _difference(file: Path, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{file} (now)", f"{file} (then)", lineterm=""
    )
    return "\n".join(lines)


def _agreed(file: Path) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        _warn("There is no terminal to ask: pass --yes to write the file.")
        return False
    try:
        return input(f"Write {file}? [y/N] ").strip().lower() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        print()
        return False


def _say(sentence: str) -> None:
    """Print a text. If nobody can read it, since a pipe is closed or a disk is full, the work goes on."""
    try:
        print(sentence, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python writes the rest again, and fails


def _warn(sentence: str) -> None:
    print(f"agent-status-hook: {sentence}", file=sys.stderr)
