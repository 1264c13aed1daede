"""Our entries in an agent's settings: how they are added, recognized and removed. The file comes after it.

Rule 1. Our entries are recognized by what they call, so they need no field that the agent does not know.
Rule 2. `uninstalled` restores what `installed` found, empty lists included. What was there before is marked by the
        matcher of our own group. The agents take `""`, `"*"` and no matcher for the same: all.
"""

import re
from typing import Any, Final

from agent_status_publisher.hooks.settings.clis import Cli, Json

OUR_PROGRAMS: Final = (
    r"agent-status-hook(?:\.exe)?[\"']?|-m agent_status_publisher\.hooks\.send|agent-status hook|-m gateway hook"
)
"""A pattern for the programs that our hooks call. The last two are what versions before the first release wrote."""
EVENT_WAS_THERE: Final = ""
"""The matcher of our group if its event had a list before."""
HOOKS_WERE_THERE: Final = "*"
"""The matcher of our first group if the settings had an empty `hooks` object before."""


class SettingsFileError(Exception):
    """The file cannot be changed. The message says why."""


def installed(settings: Json, cli: Cli, events: list[str], command: str) -> Json:
    """Return the settings with each of our hooks in them once.

    Raises:
        SettingsFileError: The settings do not have this CLI's structure.
    """
    without = uninstalled(settings, cli)
    hooks = dict(without.get("hooks", {}))
    is_empty_object = "hooks" in without and not hooks
    for event in events:
        group: Json = {"hooks": [cli.entry(event, command)]}
        if event in hooks:
            if not isinstance(hooks[event], list):
                raise SettingsFileError(f'"hooks" / "{event}" in it is not a list')
            group = {"matcher": EVENT_WAS_THERE, **group}
        elif is_empty_object and event == events[0]:
            group = {"matcher": HOOKS_WERE_THERE, **group}
        hooks[event] = [*hooks.get(event, []), group]
    return without | {"hooks": hooks}


def uninstalled(settings: Json, cli: Cli) -> Json:
    """Return the settings without our hooks, and without the lists that were made for them.

    Raises:
        SettingsFileError: The settings do not have this CLI's structure.
    """
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict):
        raise SettingsFileError('"hooks" in it is not an object')
    left: Json = {}
    marks: set[Any] = set()
    for event, groups in hooks.items():
        kept, marks_here = _without_ours(groups, cli)
        marks |= marks_here
        if kept or not groups or EVENT_WAS_THERE in marks_here:
            left[event] = kept
    if hooks and not left and HOOKS_WERE_THERE not in marks:
        return {name: value for name, value in settings.items() if name != "hooks"}
    return settings | {"hooks": left} if hooks else settings


def _without_ours(groups: Any, cli: Cli) -> tuple[Any, set[Any]]:
    """Return what is left of an event's groups, and the matchers of those that held only our hooks."""
    marks: set[Any] = set()
    if not isinstance(groups, list):
        return groups, marks
    kept: list[Any] = []
    for group in groups:
        entries = group.get("hooks") if isinstance(group, dict) else None
        if not isinstance(entries, list):
            kept.append(group)
            continue
        others = [entry for entry in entries if not is_ours(entry, cli)]
        if others or not entries:
            kept.append(group | {"hooks": others})
        elif isinstance(matcher := group.get("matcher"), str):
            marks.add(matcher)
    return kept, marks


def is_ours(entry: Any, cli: Cli) -> bool:
    """Tell whether any version of this program wrote an entry."""
    if not isinstance(entry, dict):
        return False
    if str(entry.get("url", "")).endswith(f"/hooks/{cli.name}"):
        return True
    return re.search(rf"(?:{OUR_PROGRAMS}) {cli.name}(?!\S)", str(entry.get("command", ""))) is not None
