"""`agent-status-hook install CLI` and `uninstall`, which add our hooks to an agent's settings and remove them.

The rest of the file stays as it is. Our entries are recognized by what they call, so they need no field that the agent
does not know.
"""

import argparse
import difflib
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent_status_publisher.contract.setting_names import renamed
from agent_status_publisher.hooks.names import DEFAULT_URL, KEY_VARIABLE

Json = dict[str, Any]
OUR_PROGRAMS: Final = r"agent-status-hook'?|-m agent_status_publisher\.hooks\.send|agent-status hook|-m gateway hook"
"""A pattern for the programs that our hooks call. The last two are what versions before the first release wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cli:
    """A command-line agent: its settings file, and the events that our hooks receive."""

    name: str
    file: Callable[[], Path]
    events: tuple[str, ...]
    entry: Callable[[str], Json]
    """A function that makes one hook from ingest's URL."""
    note: str = ""


class SettingsFileError(Exception):
    """The file cannot be changed. The message says why."""


def command(cli: str, url: str) -> str:
    """Return the command that the agent runs. It runs this installation."""
    found = shutil.which("agent-status-hook")
    program = shlex.quote(found) if found else f"{shlex.quote(sys.executable)} -m agent_status_publisher.hooks.send"
    where = "" if url == DEFAULT_URL else f" --url {shlex.quote(url)}"
    return f"{program} {cli}{where}"


def home(variable: str, default: str) -> Path:
    """The folder of a CLI: that of its environment variable, else the default in the home folder."""
    return Path(os.environ.get(variable) or Path.home() / default)


CLAUDE_CODE: Final = Cli(
    name="claude-code",
    file=lambda: home("CLAUDE_CONFIG_DIR", ".claude") / "settings.json",
    events=(
        *("UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionRequest"),
        *("PermissionDenied", "Elicitation", "Notification", "SubagentStart", "SubagentStop", "Stop", "StopFailure"),
        "SessionEnd",
    ),
    # Claude Code sends hooks over HTTP itself, without a process for each.
    entry=lambda url: {
        "type": "http",
        "url": f"{url}/hooks/claude-code",
        "headers": {"X-Status-Key": f"${KEY_VARIABLE}"},
        "allowedEnvVars": [KEY_VARIABLE],
        "timeout": 1,
    },
)
CODEX: Final = Cli(
    name="codex",
    file=lambda: home("CODEX_HOME", ".codex") / "hooks.json",
    events=("UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "Stop"),
    entry=lambda url: {"type": "command", "command": command("codex", url), "timeout": 5},
    note="Codex runs hooks only with `codex_hooks = true` under [features] in its config.toml.",
)
GEMINI: Final = Cli(
    name="gemini",
    file=lambda: Path.home() / ".gemini" / "settings.json",
    events=("BeforeAgent", "BeforeTool", "AfterTool", "Notification", "AfterAgent", "SessionEnd"),
    entry=lambda url: {"type": "command", "command": command("gemini", url), "timeout": 5000},  # ms
)
CLIS: Final = {cli.name: cli for cli in (CLAUDE_CODE, CODEX, GEMINI)}


def installed(settings: Json, cli: Cli, url: str) -> Json:
    """The settings with each of our hooks in them once.

    Raises:
        SettingsFileError: The settings do not have this CLI's structure.
    """
    without = uninstalled(settings, cli)
    hooks = dict(without.get("hooks", {}))
    for event in cli.events:
        groups = hooks.get(event, [])
        if not isinstance(groups, list):
            raise SettingsFileError(f'"hooks" / "{event}" in it is not a list')
        hooks[event] = [*groups, {"hooks": [cli.entry(url)]}]
    return without | {"hooks": hooks}


def uninstalled(settings: Json, cli: Cli) -> Json:
    """The settings without our hooks. Groups and events that held only our hooks are removed, too.

    Raises:
        SettingsFileError: The settings do not have this CLI's structure.
    """
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict):
        raise SettingsFileError('"hooks" in it is not an object')
    kept = {event: _without_ours(groups, cli) for event, groups in hooks.items()}
    left = {event: groups for event, groups in kept.items() if groups or not hooks[event]}
    if hooks and not left:
        return {name: value for name, value in settings.items() if name != "hooks"}
    return settings | {"hooks": left} if hooks else settings


def _without_ours(groups: Any, cli: Cli) -> Any:
    if not isinstance(groups, list):
        return groups
    kept: list[Any] = []
    for group in groups:
        entries = group.get("hooks") if isinstance(group, dict) else None
        if not isinstance(entries, list):
            kept.append(group)
            continue
        others = [entry for entry in entries if not _is_ours(entry, cli)]
        if others or not entries:
            kept.append(group | {"hooks": others})
    return kept


def _is_ours(entry: Any, cli: Cli) -> bool:
    if not isinstance(entry, dict):
        return False
    if str(entry.get("url", "")).endswith(f"/hooks/{cli.name}"):
        return True
    return re.search(rf"(?:{OUR_PROGRAMS}) {cli.name}(?!\S)", str(entry.get("command", ""))) is not None


def main(arguments: list[str]) -> int:
    """Show the changes to the settings file, ask for consent, and write it."""
    parser = argparse.ArgumentParser(
        prog="agent-status-hook",
        description="Put a command-line agent on the dashboard. `install` writes hooks into its settings, and "
        "`uninstall` takes them out.",
    )
    parser.add_argument("what", choices=("install", "uninstall"))
    parser.add_argument("cli", choices=sorted(CLIS))
    parser.add_argument(
        "--url", default=DEFAULT_URL, help=f"where `agent-status-gateway ingest` listens ({DEFAULT_URL})"
    )
    parser.add_argument("--file", type=Path, help="the settings file, if it is not the CLI's usual one")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    options = parser.parse_args(arguments)
    for sentence in renamed(os.environ):
        print(f"agent-status-hook: {sentence}", file=sys.stderr)
    cli = CLIS[options.cli]
    file: Path = (options.file or cli.file()).expanduser()
    try:
        before = _read(file)
        url = options.url.rstrip("/")
        after = installed(before, cli, url) if options.what == "install" else uninstalled(before, cli)
        if after == before:
            print(f"{file} needs no change.")
            return 0
        print(_difference(file, before, after))
        if not options.yes and not _agreed(file):
            print("Nothing was written.")
            return 1
        _write(file, after)
    except (SettingsFileError, OSError) as error:
        print(f"agent-status-hook: {file}: {error}", file=sys.stderr)
        return 2
    print(f"{file} is written.{' ' + cli.note if cli.note and options.what == 'install' else ''}")
    return 0


def _read(file: Path) -> Json:
    if not file.exists():
        return {}
    text = file.read_text("utf-8")
    try:
        settings = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise SettingsFileError(f"this is not plain JSON ({error}); put the hooks in by hand, or correct it") from None
    if not isinstance(settings, dict):
        raise SettingsFileError("a JSON object is expected")
    return settings


def _difference(file: Path, before: Json, after: Json) -> str:
    lines = difflib.unified_diff(
        _text(before).splitlines() if before else [],
        _text(after).splitlines(),
        f"{file} (now)",
        f"{file} (then)",
        lineterm="",
    )
    return "\n".join(lines)


def _agreed(file: Path) -> bool:
    if not sys.stdin.isatty():
        print("There is no terminal to ask: pass --yes to write the file.", file=sys.stderr)
        return False
    try:
        return input(f"Write {file}? [y/N] ").strip().lower() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        print()
        return False


def _write(file: Path, settings: Json) -> None:
    """Replace the file in one step, since a half-written one would stop the agent. Links are followed."""
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
    with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8", delete=False) as draft:
        draft.write(_text(settings))
    Path(draft.name).chmod(mode)
    Path(draft.name).replace(file)


def _text(settings: Json) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
